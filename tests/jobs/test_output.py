"""The job's log: every byte up to its limit, and no secret."""

from __future__ import annotations

import base64
import os
import sys
import tracemalloc
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.redaction import Mask
from app.jobs.outcome import EndingKind
from app.jobs.output import TAIL_BYTES, OutputLog
from tests.jobs.jobbench import GUID, not_root

SECRETS = [
    GUID,
    GUID.lower(),
    GUID.upper(),
    GUID.replace("-", ""),
    base64.b64encode(GUID.encode()).decode().rstrip("="),
    GUID.title(),
    GUID.title().replace("-", ""),
    base64.b64encode(GUID.title().encode()).decode(),
    GUID.replace("-", "%2D"),
    GUID.lower().encode("utf-16-le").decode("ascii"),
    GUID.title().encode("utf-16-be").decode("ascii"),
]


def feed(tmp_path, pieces: list[bytes], limit: int = 10**6, secret: str = GUID) -> tuple[bytes, OutputLog]:
    """What the log holds after `pieces` have come through a pipe, one by one."""
    log = OutputLog(tmp_path / "new" / "job.log", limit, Mask(secret))
    reader, writer = os.pipe()
    os.close(writer)
    log.drain(reader)  # the end of an empty pipe
    for piece in pieces:
        log._take(memoryview(piece))
    log.finish(["footer"])
    return (tmp_path / "new" / "job.log").read_bytes(), log


def test_any_byte_goes_into_the_log(bench):
    """Bytes that are no UTF-8 arrive as they were printed."""
    every = bytes(range(256)).replace(b"\n", b"").replace(b"\r", b"")
    bench.run(f"import os\nos.write(1, {every!r})\nos.write(2, b'\\n')")
    assert every in bench.log.read_bytes()


def test_stdout_and_stderr_come_in_their_order(bench):
    """Both streams go to one log."""
    bench.run("import sys\nfor i in range(3):\n    print(i)\n    print(i, file=sys.stderr)")
    assert bench.output().split() == ["0", "0", "1", "1", "2", "2"]


def test_the_log_says_when_and_what_ran_and_how_it_ended(bench):
    """The first line names script and interpreter, the last one the ending."""
    bench.run("print('x', end='')")
    first, middle, last = bench.text().splitlines()
    assert str(bench.scripts / "script.py") in first
    assert sys.executable in first
    assert middle == "x"
    assert last.endswith("The script ended normally.")


def test_output_before_an_abort_is_kept(bench):
    """What was printed is in the log although the script was killed."""
    running = bench.start("import time\nprint('ready')\nprint('half a line', end='')\ntime.sleep(60)")
    bench.wait_for("half a line")
    running.abort()
    assert bench.ending(running).last_line == "half a line"


def test_a_log_past_its_limit_keeps_its_beginning_and_its_end(tmp_path):
    """Between them stands how many bytes are missing."""
    lines = [b"%07d\n" % n for n in range(100_000)]
    text, log = feed(tmp_path, [b"".join(lines[i : i + 100]) for i in range(0, len(lines), 100)], limit=80_000)
    missing = 800_000 - 80_000 - TAIL_BYTES
    assert text.startswith(b"".join(lines[:10_000]))
    assert b"The log is full" in text
    assert f"{missing} bytes are left out here".encode() in text
    assert text.endswith(b"".join(lines)[-TAIL_BYTES:] + b"footer\n")
    assert log.last_line() == "0099999"


@pytest.mark.parametrize("extra", [0, 1, 10, TAIL_BYTES, TAIL_BYTES + 1])
def test_a_log_at_its_limit(tmp_path, extra):
    """Not a byte is lost or doubled around the limit and the length of the tail."""
    data = os.urandom(1000 + extra).replace(b"[", b"(").replace(b"\n", b" ")
    text, _log = feed(tmp_path, [data[:500], data[500:]], limit=1000)
    parts = [part for part in text.split(b"\n") if part and not part.startswith(b"[robot]")]
    kept = b"".join(parts[:-1])
    if extra <= TAIL_BYTES:
        assert kept == data
    else:
        assert kept == data[:1000] + data[-TAIL_BYTES:]


@pytest.mark.parametrize("secret", SECRETS)
def test_the_credential_is_masked_in_every_spelling(bench, secret):
    """A script that prints the GUID, in whatever case or its base64, does not betray it, last line included."""
    ending = bench.run(f"print('a' + {secret!r} + 'z')")
    assert bench.output() == "a***z\n"
    assert ending.last_line == "a***z"


@given(st.lists(st.sampled_from([*SECRETS, "5F3C", "x", "-", "5"]), max_size=8), st.data())
def test_secrets_are_masked_across_pieces(tmp_path_factory, words, data):
    """However the output is torn into pieces, no secret is in the log and nothing else is missing."""
    text = " ".join(words).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    written, _log = feed(tmp_path_factory.mktemp("log"), pieces)
    expected = " ".join("***" if word in SECRETS else word for word in words).encode()
    assert written == (expected + b"\n" if text else b"") + b"footer\n"


@pytest.mark.parametrize("shift", range(0, 40, 3))
def test_a_secret_that_the_cut_goes_through_is_masked(tmp_path, shift):
    """Neither end of a cut log shows a part of the GUID that would help anybody."""
    body = (b"." * (200 - shift) + GUID.encode() + b"." * 100_000) + b"," * 400_000
    body += b"." * 50 + GUID.encode() + b"." * (TAIL_BYTES - shift)
    text, _log = feed(tmp_path, [body[i : i + 4096] for i in range(0, len(body), 4096)], limit=200)
    for length in (len(GUID), 12):
        assert GUID[:length].encode() not in text
        assert GUID[-length:].encode() not in text


def test_last_lines_are_readable(bench):
    """Control characters are dropped, length is limited, blank lines do not count."""
    ending = bench.run("print('\\x1b[31m' + 'я' * 600 + '\\a')\nprint('  ')")
    assert ending.last_line == "я" * 499 + "…"


@not_root
def test_an_unwritable_log_does_not_stop_the_script(bench):
    """The output is thrown away, the script runs to its end."""
    bench.log.parent.mkdir()
    bench.log.parent.chmod(0o500)
    assert bench.run("print('x' * 10**6)").exit_code == 0


def test_a_log_that_cannot_be_made_does_not_stop_the_script(bench):
    """As above, for a path that is taken by a folder."""
    bench.log.mkdir(parents=True)
    ending = bench.run("print('x' * 10**6)\nprint('end')")
    assert (ending.kind, ending.exit_code, ending.last_line) == (EndingKind.EXITED, 0, "end")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_does_not_stop_the_script(bench):
    """When the disk is full, the rest of the output is thrown away."""
    bench.log.parent.mkdir()
    bench.log.symlink_to("/dev/full")
    assert bench.run("for _ in range(1000): print('x' * 10**4)").exit_code == 0


def test_a_log_that_is_a_pipe_holds_nobody_up(bench):
    """Nobody reads from it; the script runs to its end all the same."""
    if sys.platform == "win32":
        pytest.skip("pipes have no place in the file system of Windows")
    bench.log.parent.mkdir()
    os.mkfifo(bench.log)
    assert bench.run("print('end')").last_line == "end"


OURS = b"[robot] 2026-01-01 00:00:00+0000  The script ended normally.\n"


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n", b"\x0c", "\x85".encode(), "\u2028".encode()])
@pytest.mark.parametrize("cut", range(1, len(OURS), 5))
def test_a_script_cannot_forge_the_robots_own_lines(tmp_path, end, cut):
    """However its output is torn and its lines end, only the footer begins as the robot's own lines do."""
    data = OURS + b"x" + end + OURS
    text, _log = feed(tmp_path, [data[:cut], data[cut : cut + 3], data[cut + 3 : -cut], data[-cut:]], limit=10**6)
    lines = text.decode().splitlines()
    assert not any(line.startswith("[robot]") for line in lines)
    assert sum(line.startswith(" [robot] 2026") for line in lines) == 2
    assert text.replace(b" [robot]", b"[robot]") == data + b"footer\n"


def test_forged_lines_at_the_end_of_a_cut_log(tmp_path):
    """Nor do those that a full log keeps of the end."""
    text, _log = feed(tmp_path, [OURS * 20_000], limit=1000)
    assert sum(line.startswith("[robot]") for line in text.decode().splitlines()) == 2  # full; bytes are left out


def test_a_bracket_at_the_end_is_kept(tmp_path):
    """What may have become a forged line and did not is in the log."""
    text, _log = feed(tmp_path, [b"10%\r", b"[rob", b"in]\n[ro"])
    assert text == b"10%\r[robin]\n[ro\nfooter\n"


def test_every_line_of_the_log_has_its_time_beside_it(bench):
    """As many times as lines, in the order of the clock, in a file of their own that is as private as the log."""
    before = datetime.now().astimezone().replace(microsecond=0)
    bench.run("import time\nprint('one')\nprint('two', end=' ', flush=True)\ntime.sleep(.2)\nprint('three', end='')")
    beside = bench.log.with_suffix(".times")
    times = [datetime.fromisoformat(line) for line in beside.read_text().splitlines()]
    lines = bench.text().splitlines()
    assert len(times) == len(lines) == 4
    assert before <= times[0] <= times[1] < times[2] <= times[3] <= datetime.now().astimezone()
    assert (times[2] - times[1]).total_seconds() > 0.1
    assert beside.stat().st_mode == bench.log.stat().st_mode


def test_the_times_of_many_lines_take_no_more_room_than_the_log(tmp_path: Path) -> None:
    """A log full of empty lines has thirty times as many bytes of times: what is kept of them is whole lines."""
    feed(tmp_path, [b"\n" * 600, b"x\n", b"\n" * 600], limit=1000)
    feed(tmp_path / "wide", [b"\n" * 20, b"x\n"], limit=1000)
    times = (tmp_path / "new" / "job.times").read_text()
    assert len(times) <= 1000
    assert all(datetime.fromisoformat(line) for line in times.splitlines())
    assert len((tmp_path / "wide" / "new" / "job.times").read_text().splitlines()) == 22


def test_a_job_that_prints_little_takes_little_memory(tmp_path: Path) -> None:
    """The buffer for output is none of the memory that a thread's arena would keep for ever."""
    reader, writer = os.pipe()
    os.write(writer, b"one line\n")
    os.close(writer)
    log = OutputLog(tmp_path / "job.log", 1000, Mask(GUID))
    tracemalloc.start()
    try:
        log.drain(reader)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    log.finish([])
    assert most < 256 * 1024
    assert (tmp_path / "job.log").read_text("utf-8") == "one line\n"
