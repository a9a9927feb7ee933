"""Reading certificates, also those that nobody trusts."""

from __future__ import annotations

import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.check.certificate import read_certificate

# Self-signed, CN "Счета", O "ООО Пример", valid 2049-06-01 to 2051-06-01: both kinds of times.
LONG_LIVED = """\
-----BEGIN CERTIFICATE-----
MIIBTjCB9gIBATAKBggqhkjOPQQDAjAzMRMwEQYDVQQDDArQodGH0LXRgtCwMRww
GgYDVQQKDBPQntCe0J4g0J/RgNC40LzQtdGAMCAXDTQ5MDYwMTAwMDAwMFoYDzIw
NTEwNjAxMDAwMDAwWjAzMRMwEQYDVQQDDArQodGH0LXRgtCwMRwwGgYDVQQKDBPQ
ntCe0J4g0J/RgNC40LzQtdGAMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOOu/
0VLpRKvBUjjyyD1jIEZLdHrrKu/a1El42xJT7b2F9o566+zRAM4kRWGMYrbnSomA
7C9a3uZpfd0y1O+5eTAKBggqhkjOPQQDAgNHADBEAiAJIByGnFsjnUQYWg9ktWlR
fRpD3BuFn3ruRj4/UqKw6wIgO7Xfo+f6m7LfTG56a1PoHiYhKr2hfm1TOHryikq2
BmE=
-----END CERTIFICATE-----
"""


def der(pem: str) -> bytes:
    """The first certificate of a PEM text."""
    end = pem.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(pem[:end])


def test_a_servers_certificate(authority):
    """Subject, issuer, dates and names."""
    pem = authority.issue("DNS:orchestrator.example,IP:10.0.0.5,IP:fe80::1,email:a@b.example", days=10).read_text()
    certificate = read_certificate(der(pem))
    assert certificate.subject.startswith("Robot leaf-")
    assert certificate.issuer == "Company CA"
    assert not certificate.self_signed
    assert certificate.names == ("orchestrator.example", "10.0.0.5", "fe80::1")
    assert timedelta(days=9) < certificate.not_after - datetime.now(UTC) <= timedelta(days=10)
    assert certificate.not_before <= datetime.now(UTC)


def test_an_authoritys_certificate(authority):
    """It signed itself."""
    certificate = read_certificate(der(authority.file.read_text()))
    assert certificate.self_signed
    assert certificate.subject == certificate.issuer == "Company CA"
    assert certificate.names == ()


def test_russian_names_and_far_dates():
    """UTF-8 names; years up to 2049 have two digits, later ones four (RFC 5280, 4.1.2.5)."""
    certificate = read_certificate(der(LONG_LIVED))
    assert certificate.subject == "Счета"
    assert certificate.not_before == datetime(2049, 6, 1, tzinfo=UTC)
    assert certificate.not_after == datetime(2051, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x84", b"hello", b"\x30\x03\x30\x01\x00", b"\x30\x80\x00\x00"])
def test_what_is_no_certificate(data):
    """ValueError, and nothing else."""
    with pytest.raises(ValueError, match=r"^not a certificate$"):
        read_certificate(data)


@given(st.binary(max_size=60))
def test_arbitrary_bytes(data):
    """Bytes from a hostile server raise nothing but ValueError."""
    with suppress(ValueError):
        read_certificate(data)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_certificate_with_a_wrong_byte(position, byte):
    """A certificate that is spoilt somewhere is read or refused, never a crash."""
    data = bytearray(der(LONG_LIVED))
    data[position % len(data)] = byte
    with suppress(ValueError):
        read_certificate(bytes(data))
