"""Whose a report is: the same Orchestrator written differently is the same, and another GUID is another's."""

from __future__ import annotations

import pytest

from app.orchestrator.origin import origin_of

GUID = "5F3C9A17-0000-4000-8000-00000000ABCD"


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("https://RPA.Example", "https://rpa.example"),
        ("HTTPS://rpa.example/", "https://rpa.example"),
        ("https://rpa.example:443", "https://rpa.example"),
        ("http://rpa.example:80/", "http://rpa.example"),
        ("http://rpa.example:8080", "http://rpa.example:8080"),
        ("https://rpa.example:80", "https://rpa.example:80"),
        ("https://rpa.example/Prefix/", "https://rpa.example/Prefix"),
        ("http://[::1]:4500", "http://[::1]:4500"),
    ],
)
def test_a_host_has_one_form(written: str, host: str) -> None:
    """Case, a trailing slash and the default port make no other Orchestrator."""
    assert origin_of(written, GUID).host == host


def test_the_fingerprint_tells_guids_apart_and_not_what_they_are() -> None:
    """However the GUID is written it is the same; none of it can be read."""
    ours = origin_of("https://rpa.example", GUID)
    assert ours == origin_of("https://rpa.example", "{" + GUID.lower() + "}")
    assert ours != origin_of("https://rpa.example", GUID.replace("D", "E"))
    assert len(ours.fingerprint) == 16
    assert not set(ours.fingerprint) - set("0123456789abcdef")
    assert ours.fingerprint not in GUID.lower()
