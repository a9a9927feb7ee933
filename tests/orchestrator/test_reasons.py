"""Why a connection failed, in words for people."""

from __future__ import annotations

import errno
import http.client
import re
import socket
import sqlite3
import ssl
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import urllib3

from app.base.errors import SettingsError
from app.base.i18n import set_language
from app.base.os_reasons import describe_os_error
from app.journal.errors import describe_journal_error
from app.orchestrator.reasons import describe_failure
from app.settings.loading import load_settings
from app.settings.toml_mistakes import toml_mistake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def russian() -> Iterator[None]:
    """A person who reads only Russian."""
    set_language("ru")
    yield
    set_language("en")


def caused(inner: BaseException) -> Exception:
    """`inner` as a library wraps it."""
    outer = RuntimeError("HTTPConnectionPool(host='x'): Max retries exceeded")
    outer.__cause__ = inner
    return outer


def certificate_error(code: int, message: str = "unable to get local issuer certificate") -> ssl.SSLError:
    """As OpenSSL, or Windows through truststore, refuses a certificate."""
    error = ssl.SSLCertVerificationError(1, f"certificate verify failed: {message}")
    error.verify_code, error.verify_message = code, message
    return error


FAILURES = {
    ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"): "connection refused",
    ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"): "connection reset by the other side",
    TimeoutError("timed out"): "timed out",
    socket.gaierror(socket.EAI_NONAME, "getaddrinfo failed"): "the name is not found",
    http.client.RemoteDisconnected("Remote end closed connection without response"): (
        "connection closed without an answer"
    ),
    http.client.IncompleteRead(b"12345", 95): "connection broken off in mid-answer",
    OSError(errno.ENETUNREACH, "Network is unreachable"): "the network can't be reached",
    certificate_error(10): "the certificate has expired",
    certificate_error(20): "the certificate comes from an authority that is not trusted",
    certificate_error(62): "the certificate is for another name",
}


@pytest.mark.parametrize(("error", "words"), FAILURES.items(), ids=FAILURES.values())
def test_the_innermost_reason_is_named(error: Exception, words: str) -> None:
    """The log gets the reason in English, without a library's wrapping."""
    assert str(describe_failure(caused(error))) == words


@pytest.mark.usefixtures("russian")
@pytest.mark.parametrize("error", FAILURES, ids=FAILURES.values())
def test_a_person_reads_the_reason_in_russian(error: Exception) -> None:
    """Not one English word is in it."""
    assert not re.search("[a-z]", describe_failure(caused(error)).for_people())


def test_what_nobody_foresaw_is_said_in_its_own_words() -> None:
    """One line; the words of Windows itself are kept; circles of causes end."""
    assert str(describe_failure(OSError(None, "Параметр задан неверно"))) == "Параметр задан неверно"
    assert "chain" in str(describe_failure(certificate_error(-2146762487, "A certificate chain ended in a root")))
    assert str(describe_failure(ValueError("one\ntwo"))) == "one"
    assert str(describe_failure(ValueError())) == "ValueError"
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__cause__, other.__cause__ = other, one
    assert str(describe_failure(one)) == "other"


def test_a_proxy_that_is_away_is_not_the_orchestrators_fault() -> None:
    """Neither for http nor for https, whatever of the wrapping is left."""
    proxied = urllib3.ProxyManager("http://127.0.0.1:9", retries=False)
    for url in ("http://orchestrator.example/", "https://orchestrator.example/"):
        with pytest.raises(urllib3.exceptions.HTTPError) as caught:
            proxied.request("GET", url)
        assert str(describe_failure(caught.value)) == "the proxy can't be reached: connection refused"


def test_a_proxys_password_is_not_in_the_reason() -> None:
    """Whatever a library says."""
    assert str(describe_failure(ValueError("bad proxy http://me:hunter2@proxy"))) == "bad proxy http://***@proxy"


@pytest.mark.usefixtures("russian")
@pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES, errno.ENOSPC, errno.EROFS, errno.ENOTDIR])
def test_the_c_librarys_errors_are_translated(number: int) -> None:
    """They are English on a Russian Windows, too."""
    assert re.fullmatch("[а-яё —-]+", describe_os_error(OSError(number, "No such luck")).for_people())


@pytest.mark.usefixtures("russian")
def test_the_journals_errors_are_translated(tmp_path: Path) -> None:
    """SQLite's words are English; what they mean is said in Russian."""
    file = tmp_path / "journal"
    file.write_bytes(b"no database at all" * 100)
    with closing(sqlite3.connect(file)) as database, pytest.raises(sqlite3.DatabaseError) as caught:
        database.execute("SELECT * FROM sqlite_master")
    assert describe_journal_error(caught.value) == "файл повреждён"


MISTAKES = {
    "host = http://orchestrator": "строка 1, host: значение не читается",
    "\nhost = 'http://orchestrator": "строка 2, host: нет закрывающей кавычки",
    "host = 'http://orchestrator\nwhen_idle = 'exit'": "строка 1, host: нет закрывающей кавычки",
    "host 'http://orchestrator'": "строка 1: после ключа нет знака равенства",
    'scripts = "C:\\Users"': "строка 1, scripts: обратная косая черта не на месте",
    "when_idle = 'wait'\nwhen_idle = 'exit'": "строка 2, when_idle: этот ключ указан дважды",
    "when_idle = 'wait' 'exit'": "строка 1, when_idle: после значения стоит лишнее",
    "= 5": "строка 1: строка должна начинаться с ключа",
    "\nhost = [1": "строка 2, host: нет закрывающей скобки",
    "verify_tls = True": "строка 1, verify_tls: true и false пишутся маленькими буквами",
    "host = “http://o”": "строка 1, host: типографские кавычки",
    "host = «http://o»": "строка 1, host: типографские кавычки",
    "host =": "строка 1, host: нет значения",
    "poll_seconds = 2,5": "строка 1, poll_seconds: запятая в числе",
    "scripts = 'C:\\O'Brien\\x'": "строка 1, scripts: апостроф внутри одинарных кавычек",
}


@pytest.mark.usefixtures("russian")
@pytest.mark.parametrize(("text", "words"), MISTAKES.items())
def test_a_mistake_in_the_settings_file_is_explained_in_russian(tmp_path: Path, text: str, words: str) -> None:
    """Where it stands and what it is, without the parser's own words."""
    file = tmp_path / "robot.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    assert words in caught.value.message
    assert caught.value.hint


def test_an_unknown_mistake_is_said_all_the_same() -> None:
    """A newer Python may word its errors otherwise."""
    odd = ValueError("Odd thing (at line 3, column 7)")
    assert toml_mistake(odd, "\n\nhost = 1\n").problem == "line 3, host: it can't be read"
    assert toml_mistake(odd, "\n\n???\n").problem == "line 3: it can't be read"
    assert toml_mistake(RecursionError("maximum recursion depth"), "").problem == "it can't be read"
