"""Settings that change, names that can't be looked up, an end that must be explained: while the robot lives."""

from __future__ import annotations

import socket
import stat
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.contract.robot_process import wait_until
from tests.field.home import umask
from tests.field.requests import IN_PROGRESS, SUCCESS, answers

if TYPE_CHECKING:
    from tests.field.conftest import Field
    from tests.field.home import FieldHome
    from tests.field.requests import Request
    from tests.field.server import Orchestrator

LOOKS_EVERY = 2.0  # seconds in which a changed settings file is noticed (guide for administrators)


def test_a_good_change_holds_although_a_slip_follows(home: FieldHome, orchestrator: Orchestrator) -> None:
    """Both are made while a job runs: after it the good one is in force, the slip is only shown."""
    home.settings(orchestrator.url, when_idle="wait")
    home.notes("job", "import time\nwhile not os.path.exists(os.environ['HOME'] + '/go'): time.sleep(0.05)\n")
    job = orchestrator.queue("job")
    life = home.live()
    wait_until(home.ran)
    home.settings(orchestrator.url, when_idle="exit")
    time.sleep(2 * LOOKS_EVERY)
    home.write(home.config.read_text("utf-8") + "heartbeat_secnods = 3\n")
    time.sleep(2 * LOOKS_EVERY)
    (home.folder / "go").touch()
    assert home.wait(life) == 0
    assert job.carried == [IN_PROGRESS, SUCCESS]


def test_a_host_that_is_mended_while_the_wrong_one_is_looked_up(home: FieldHome, orchestrator: Orchestrator) -> None:
    """In the first seconds of the start: the mended host is asked."""
    home.use_own_names()
    home.name_is("wrong.test", "nowhere", seconds=4)
    home.settings("http://wrong.test")
    home.notes("job")
    job = orchestrator.queue("job")
    life = home.live()
    time.sleep(1.5)
    home.settings(orchestrator.url)
    assert home.wait(life) == 0
    assert job.carried == [IN_PROGRESS, SUCCESS]


def test_new_settings_that_do_not_come_up_leave_the_old_ones_in_force(
    field: Field, home: FieldHome, orchestrator: Orchestrator
) -> None:
    """The new data folder is in use by another robot: this one goes on with its old settings."""
    other = field.home()
    orchestrator.robots.add(other.guid)
    other.settings(orchestrator.url, when_idle="wait")
    home.settings(orchestrator.url, when_idle="wait")
    home.notes("job")
    lives = {one: one.live() for one in (other, home)}
    orchestrator.wait_for(lambda: {other.guid, home.guid} <= {request.credential for request in orchestrator.requests})
    home.settings(orchestrator.url, when_idle="wait", data_dir=str(other.data))
    time.sleep(2 * LOOKS_EVERY)
    job = orchestrator.queue("job", robot=home.guid)
    orchestrator.wait_for(lambda: job.over)
    for one, life in lives.items():
        assert one.terminate(life) == 130


def addresses() -> list[tuple[str, str]]:
    """This machine's IPv4 addresses that others reach it by, each with its MAC."""
    found = []
    for interface in psutil.net_if_addrs().values():
        mac = next((one.address.upper() for one in interface if one.family == psutil.AF_LINK), "")
        found += [(one.address, mac) for one in interface if one.family == socket.AF_INET]
    return [(ip, mac) for ip, mac in found if not ip.startswith("127.")]


def test_addresses_are_right_as_soon_as_there_is_an_answer(field: Field, home: FieldHome) -> None:
    """The name service is down at the start, and leads to another interface later: IP and MAC are the connection's."""
    ways = [*addresses()[:1], ("127.0.0.1", "00:00:00:00:00:00")]
    orchestrator = field.orchestrator(home.guid, address="0.0.0.0")
    home.use_own_names()
    home.settings(f"http://orchestrator.test:{orchestrator.port}", when_idle="wait")
    home.notes("job")
    life = home.live()
    time.sleep(1.5)

    def said(request: Request) -> tuple[str, str]:
        return request.form["IP"], request.form["MAC"].upper()

    for way in ways:
        home.name_is("orchestrator.test", way[0])
        count = len(orchestrator.requests)
        if count:  # kept connections lead to the old address
            orchestrator._server.hang_up()
        orchestrator.wait_for(
            lambda way=way, count=count: any(one.peer == way[0] for one in orchestrator.requests[count:])
        )
    time.sleep(1)
    home.terminate(life)
    heartbeats = orchestrator.heard("heartbeat")
    macs = dict(ways)
    assert heartbeats
    assert [said(one) for one in heartbeats] == [(one.peer, macs[one.peer]) for one in heartbeats]


@pytest.mark.parametrize("code", [3, 4])
def test_the_log_says_why_the_robot_ended(home: FieldHome, orchestrator: Orchestrator, code: int) -> None:
    """Exit 3 and 4: the reason that the person at the console reads is in `robot.log`, too."""
    if code == 3:
        refusal = answers(200, b'{"HeartbeatErrorCode": 101, "ErrorText": "Robot not found"}')
        orchestrator.disturb(refusal, "heartbeat")
        reason = "Robot not found"
    else:
        orchestrator.disturb(answers(503), "heartbeat")
        home.settings(orchestrator.url, offline_limit=1)
        reason = "503"
    assert home.whole_life() == code
    last = [line for line in home.log().splitlines() if "ERROR" in line or "CRITICAL" in line]
    assert last, home.log()
    assert reason in "\n".join(last), last


@pytest.mark.parametrize("command", ["run", "check"])
def test_what_the_robot_keeps_is_its_user_s_alone(home: FieldHome, orchestrator: Orchestrator, command: str) -> None:
    """The data folder is 0700 from whoever makes it first, the logs in it 0600."""
    home.notes("job", "print('balance: 17')")
    if command == "check":
        home.command("check")
    else:
        orchestrator.queue("job")
        assert home.whole_life(before=umask) == 0
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (home.data, *home.data.rglob("*"))}
    if command == "check" and not home.data.exists():
        return
    assert modes[home.data] == 0o700
    assert [str(path) for path, mode in modes.items() if path.is_file() and mode & 0o077] == []


def test_one_robot_per_guid_whatever_its_data_folder(home: FieldHome, orchestrator: Orchestrator) -> None:
    """A second one with the same GUID ends with 5, and has said nothing."""
    home.settings(orchestrator.url, when_idle="wait")
    life = home.live()
    orchestrator.wait_for(lambda: orchestrator.requests)
    second = home.folder / "second.toml"
    home.settings(orchestrator.url, when_idle="wait", data_dir="data2")
    home.config.rename(second)
    home.settings(orchestrator.url, when_idle="wait")
    assert home.wait(home.live(config=second)) == 5
    assert home.terminate(life) == 130


def test_the_user_s_own_variables_reach_the_script(home: FieldHome, orchestrator: Orchestrator) -> None:
    """`ROBOT_OPTIONS` and `ROBOT_ROOT` are the user's; the robot's own settings are not passed on."""
    home.notes("job", "open(os.environ['HOME'] + '/told', 'w').write(repr(dict(os.environ)))")
    orchestrator.queue("job")
    own = {"ROBOT_OPTIONS": "--loglevel DEBUG", "ROBOT_ROOT": "/srv/robot"}
    settings = {"ROBOT_STOP_TIMEOUT": "7", "ROBOT_LANGUAGE": "en"}
    assert home.whole_life(environment=own | settings) == 0
    seen = (home.folder / "told").read_text()
    assert all(f"'{name}': '{value}'" in seen for name, value in own.items())
    assert not any(name in seen for name in settings)
