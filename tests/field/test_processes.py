"""Signals, locales, odd folders: what a machine does to the robot's process and to its scripts'."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract.robot_process import wait_until
from tests.field.requests import ABORTED, FAILED, IN_PROGRESS, STOP, STOPPED, SUCCESS

if TYPE_CHECKING:
    from tests.field.home import FieldHome
    from tests.field.server import Orchestrator

LONG = "import time\nwhile True: time.sleep(60)\n"
AT_MOST_IN_EIGHT_SECONDS = 40


def ignore_sigchld() -> None:
    """As some supervisors start their programs."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def block_sigint() -> None:
    """As a careless parent leaves it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def heed_sighup() -> None:
    """Whoever runs the tests may have been started by `nohup`."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def ignore_sighup() -> None:
    """As `nohup` does."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@pytest.mark.parametrize("inherited", [ignore_sigchld, block_sigint], ids=["SIGCHLD ignored", "SIGINT blocked"])
def test_inherited_signals_do_not_matter(home: FieldHome, orchestrator: Orchestrator, inherited: object) -> None:
    """Jobs end and are told apart, stops arrive."""
    home.notes("good")
    home.notes("bad", "raise SystemExit(3)")
    home.notes("long", LONG)
    jobs = [
        orchestrator.queue("good"),
        orchestrator.queue("bad", expected=FAILED),
        orchestrator.queue("long", asks=(0, STOP), expected=STOPPED),
    ]
    assert home.whole_life(before=inherited) == 0
    assert [job.carried for job in jobs] == [[IN_PROGRESS, end] for end in (SUCCESS, FAILED, STOPPED)]
    assert home.processes() == []


def test_sighup_is_like_sigterm(home: FieldHome, orchestrator: Orchestrator) -> None:
    """The running job is wound up and reported; the exit code is the same."""
    home.notes("job", LONG)
    codes = []
    for number in (signal.SIGTERM, signal.SIGHUP):
        job = orchestrator.queue("job", expected=ABORTED)
        life = home.live(before=heed_sighup)
        wait_until(lambda job=job: job.guid in home.ran())
        codes.append(home.terminate(life, number))
        assert job.carried == [IN_PROGRESS, ABORTED]
        assert home.processes() == []
    assert codes[0] == codes[1]


def test_a_robot_under_nohup_outlives_its_terminal(home: FieldHome, orchestrator: Orchestrator) -> None:
    """SIGHUP that was ignored at the start ends neither the job nor the robot."""
    home.notes("job", "import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\n")
    job = orchestrator.queue("job")
    life = home.live(before=ignore_sighup)
    wait_until(home.ran)
    life.process.send_signal(signal.SIGHUP)
    (home.scripts / "go").touch()
    assert home.wait(life) == 0
    assert job.carried == [IN_PROGRESS, SUCCESS]


def test_a_second_ctrl_c_after_sighup_changes_nothing(home: FieldHome, orchestrator: Orchestrator) -> None:
    """Whoever tells it more than once gets one end: the outcome is reported."""
    home.notes("job", LONG)
    job = orchestrator.queue("job", expected=ABORTED)
    life = home.live(before=heed_sighup)
    wait_until(home.ran)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        life.process.send_signal(number)
    home.wait(life)
    assert job.carried == [IN_PROGRESS, ABORTED]


@pytest.mark.skipif(
    shutil.which("localedef") is None or not Path("/usr/share/i18n/locales/de_DE").exists(),
    reason="needs the sources of a locale",
)
def test_a_cyrillic_name_in_a_latin_locale(home: FieldHome, orchestrator: Orchestrator) -> None:
    """`LC_ALL` of ISO-8859-1, a job `отчёт`: it runs, and so does what it prints."""
    locales = home.folder / "locales"
    locales.mkdir()
    make = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(locales / "de_DE.ISO-8859-1")]
    subprocess.run(make, check=True, capture_output=True)
    home.notes("отчёт", "print('готово')")
    job = orchestrator.queue("отчёт")
    environment = {"LOCPATH": str(locales), "LC_ALL": "de_DE.ISO-8859-1", "LANG": "de_DE.ISO-8859-1"}
    assert home.whole_life(environment=environment) == 0
    assert job.carried == [IN_PROGRESS, SUCCESS]
    assert home.ran() == [job.guid]


def test_an_environment_that_leads_nowhere_fails_the_job(home: FieldHome, orchestrator: Orchestrator) -> None:
    """`scripts/.venv` is a link whose target is gone: Failed, and not run by another Python."""
    home.notes("job")
    (home.scripts / ".venv").symlink_to(home.folder / "gone")
    job = orchestrator.queue("job", expected=FAILED)
    assert home.whole_life() == 0
    assert job.carried == [IN_PROGRESS, FAILED]
    assert home.ran() == []


NAMESAKES = ("hashlib", "procfs", "json", "host", "start_host", "traceback", "ctypes", "signal")


@pytest.mark.parametrize("end", ["", "raise ValueError('no')", "import robot_job\nrobot_job.task()"], ids=repr)
def test_modules_beside_the_script_are_the_script_s_own(home: FieldHome, orchestrator: Orchestrator, end: str) -> None:
    """Files called like modules of the library or of the robot never run before the script, nor in the robot's name."""
    for name in NAMESAKES:
        home.script(
            name, f"import os\nopen(os.environ['HOME'] + '/hijacked', 'a').write('{name} ')\nraise SystemExit(9)"
        )
    home.notes("job", end)
    job = orchestrator.queue("job", task='{"a": 1}', expected=FAILED if "raise" in end else SUCCESS)
    assert home.whole_life() == 0
    assert home.ran() == [job.guid]
    assert not home.has("hijacked"), (home.folder / "hijacked").read_text()


def test_no_storm_of_jobs_that_can_not_start(home: FieldHome, orchestrator: Orchestrator) -> None:
    """A server hands out such a job again and again, each time under a new GUID: the robot slows down."""
    jobs = [orchestrator.queue("no such script", expected=FAILED) for _ in range(400)]
    life = home.live()
    orchestrator.wait_for(lambda: jobs[0].over)
    time.sleep(8)
    home.terminate(life)
    done = [job for job in jobs if job.handed_out]
    assert len(done) <= AT_MOST_IN_EIGHT_SECONDS
    assert all(job.finals for job in done[:-1])
    taken = [request.at for request in orchestrator.heard("consume")]
    assert max(after - before for before, after in zip(taken[-4:], taken[-3:], strict=False)) > 0.5


def test_good_jobs_are_not_slowed_down(home: FieldHome, orchestrator: Orchestrator) -> None:
    """The brake is for jobs that can't start; short ones that run follow each other at once."""
    home.notes("job")
    jobs = [orchestrator.queue("job") for _ in range(12)]
    assert home.whole_life() == 0
    taken = [request.at for request in orchestrator.heard("consume")]
    assert all(job.carried == [IN_PROGRESS, SUCCESS] for job in jobs)
    assert taken[-1] - taken[0] < 25
