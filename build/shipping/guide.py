"""The guide that lies in the installed folder: the documents of docs/, as pages that need no network."""

from __future__ import annotations

import html
import os
import re
import shutil
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

from shipping.places import ROOT, Release

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LANGUAGES: Final = {"en": ROOT / "docs", "ru": ROOT / "docs" / "ru"}
PAGES: Final = ("admin", "scripts", "migration")
README: Final = {"en": ROOT / "README.md", "ru": ROOT / "README.ru.md"}
_STYLE: Final = """
body { font: 16px/1.5 "Segoe UI", sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
body { color: #1b1f24; background: #fff }
pre, code { font: 14px/1.45 Consolas, monospace; background: #f2f4f7 }
pre { padding: .7rem 1rem; overflow-x: auto }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { border: 1px solid #cfd6de; padding: .35rem .6rem; text-align: left; vertical-align: top }
img { max-width: 100% }
a { color: #0b5cad }
@media (prefers-color-scheme: dark) { body { color: #e6e9ed; background: #16191d }
pre, code { background: #23272d } th, td { border-color: #3a414a } a { color: #7db7f0 } }
"""


def write(program: Path, release: Release) -> Path:
    """Write `guide/<language>/<page>.html` into the program's folder, with the pictures that they show."""
    folder = program / "guide"
    shutil.rmtree(folder, ignore_errors=True)
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    for language in LANGUAGES:
        for source in _sources(language):
            target = folder / language / f"{_page(source)}.html"
            target.parent.mkdir(parents=True, exist_ok=True)
            text = _relinked(source, folder, target)
            title = html.escape(re.search(r"^# (.+)$", text, re.MULTILINE)[1])  # type: ignore[index]
            body = _with_anchors(markdown.render(text))
            page = f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
            target.write_text(f"{page}<style>{_STYLE}</style>\n{body}</html>\n", "utf-8")
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (release.epoch, release.epoch))
    return folder


def _sources(language: str) -> Iterator[Path]:
    yield README[language]
    for page in PAGES:
        yield LANGUAGES[language] / f"{page}.md"


def _page(source: Path) -> str:
    return "readme" if source.name.startswith("README") else source.stem


def _relinked(source: Path, folder: Path, target: Path) -> str:
    """The text with its links to what is shipped; pictures are copied, links to anything else become plain words."""
    pages = {page: folder / language / f"{_page(page)}.html" for language in LANGUAGES for page in _sources(language)}

    def link(match: re.Match[str]) -> str:
        picture, words, address, anchor = match[1], match[2], match[3], match[4] or ""
        if not address or re.match(r"[a-z]+:", address):
            return match[0]
        meant = (source.parent / address).resolve()
        if picture and meant.is_file():
            copy = folder / "images" / meant.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(meant, copy)
        elif meant in pages:
            copy = pages[meant]
        else:
            return words
        return f"{picture}[{words}]({os.path.relpath(copy, target.parent).replace(os.sep, '/')}{anchor})"

    return re.sub(r"(!?)\[((?:[^][]|\[[^]]*\])*)\]\(([^)#\s]*)(#[^)\s]*)?\)", link, source.read_text("utf-8"))


def _with_anchors(body: str) -> str:
    """Headings get the names by which GitHub's links find them."""

    def heading(match: re.Match[str]) -> str:
        words = html.unescape(re.sub(r"<[^>]+>", "", match[2])).lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        return f'<h{match[1]} id="{html.escape(name)}">{match[2]}</h{match[1]}>'

    return re.sub(r"<h([1-6])>(.*?)</h\1>", heading, body)
