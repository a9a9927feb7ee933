"""Makes new inputs out of those of the corpus. The same seed makes the same inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

# What parsers stumble over, rather than what chance would find in a year.
_TOKENS: Final = tuple(
    token.encode("utf-8", "surrogatepass")
    for token in (
        *"{}[]\"'\\:,=#\n\r\t\0\x1b/.~|",
        "..",
        "../",
        "\\\\",
        "null",
        "true",
        "-1",
        "0",
        "1",
        "10",
        "20",
        "101",
        "1e999",
        "NaN",
        "9" * 5000,
        "[" * 3000,
        '"\\ud800"',
        "\\u0000",
        "\\n",
        "\\u202e",
        "\u202e",
        "\ud800",
        "é",
        "Ж" * 300,
        "HasNewJob",
        "ErrorText",
        "GUID",
        "Name",
        "host",
        "stop ",
        "con",
        ".py",
        ":",
        " ",
        "\u00a0",
        "x" * 1200,
    )
)


def mutations(corpus: Sequence[bytes], rng: random.Random) -> Iterator[bytes]:
    """The corpus itself, then its descendants without end."""
    yield from corpus
    while True:
        data = bytearray(rng.choice(corpus))
        for _ in range(rng.choice((1, 1, 2, 3, 6))):
            at = rng.randrange(len(data) + 1)
            match rng.randrange(5):
                case 0:
                    data[at:at] = rng.choice(_TOKENS)
                case 1:
                    del data[at : at + rng.choice((1, 1, 4, 20))]
                case 2:
                    data[at : at + 1] = bytes([rng.randrange(256)])
                case 3:
                    data[at : at + rng.choice((1, 3, 9))] = rng.choice(_TOKENS)
                case 4:
                    other = rng.choice(corpus)
                    data[at:] = other[rng.randrange(len(other) + 1) :]
        yield bytes(data)
