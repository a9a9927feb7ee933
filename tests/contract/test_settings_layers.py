"""Settings from outside: layers, environment, and every mistake said at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.orchestrator import SUCCESS
from tests.contract.robot_process import GUID, toml

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

OTHER_GUID = "00000000-1111-2222-3333-444444444444"


def write(file: Path, **values: object) -> None:
    """Write a settings file and the folders to it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(toml(values), "utf-8")


def test_the_layers_in_their_order(home: Home, orchestrator: Orchestrator) -> None:
    """Machine < user < environment: each says what the one before it said wrong; paths count from their own file."""
    machine = home.folder / "machine" / "Robot" / "robot.toml"
    write(machine, host="http://127.0.0.1:1", robot_guid=OTHER_GUID, when_idle="exit", scripts="of_the_machine")
    write(home.folder / "config" / "Robot" / "robot.toml", host=orchestrator.url, robot_guid=OTHER_GUID, language="en")
    (machine.parent / "of_the_machine").mkdir()
    (machine.parent / "of_the_machine" / "job.py").write_text("")
    job = orchestrator.queue("job")

    done = home.run("run", "--headless", environment={"ROBOT_ROBOT_GUID": GUID, "ROBOT_DATA_DIR": str(home.data)})

    assert done.code == 0
    assert job.final == SUCCESS
    assert (home.data / "logs" / "robot.log").is_file()


def test_config_stands_alone(home: Home, orchestrator: Orchestrator) -> None:
    """With `--config` neither the machine's nor the user's file is read; the environment still counts."""
    write(home.folder / "machine" / "Robot" / "robot.toml", nonsense=1)
    write(home.folder / "config" / "Robot" / "robot.toml", host="http://127.0.0.1:1", when_idle="wait")
    write(home.config, host="http://127.0.0.1:1", robot_guid=GUID)
    environment = {"ROBOT_HOST": orchestrator.url, "ROBOT_WHEN_IDLE": "exit", "ROBOT_DATA_DIR": str(home.data)}
    done = home.run("run", "--headless", "--config", str(home.config), environment=environment)
    assert done.code == 0
    assert orchestrator.calls() == ["heartbeat 2"]


def test_the_environment_alone_is_enough(home: Home, orchestrator: Orchestrator) -> None:
    """A robot whose settings all come from the environment needs no file; an empty variable means: not set."""
    environment = {
        "ROBOT_HOST": orchestrator.url,
        "ROBOT_ROBOT_GUID": GUID,
        "ROBOT_WHEN_IDLE": "exit",
        "ROBOT_HEARTBEAT_SECONDS": "30",
        "ROBOT_PROXY": "",
    }
    done = home.run("run", "--headless", environment=environment)
    assert done.code == 0
    assert (home.folder / "share" / "Robot" / "logs" / "robot.log").is_file(), "the platform's own data folder"
    assert not (home.folder / "config").exists()


def test_every_mistake_is_said_at_once(home: Home) -> None:
    """All wrong keys, unknown ones included, are named with their source and a hint; values are not repeated."""
    secret = "da8bc2f0-8065-4385-b867-405e66b8e15"  # a digit short
    write(home.config, host="orchestrator:4500", robot_guid=secret, heartbeat_seconds=0, wen_idle="exit", verify_tls=7)
    done = home.run("run", "--headless", "--config", str(home.config), environment={"ROBOT_LANGUAGE": "klingon"})
    assert done.code == 2
    for key in ("host", "robot_guid", "heartbeat_seconds", "wen_idle", "verify_tls", "language"):
        assert f"  {key}: " in done.errors
    assert "when_idle" in done.errors  # what was meant
    assert "ROBOT_LANGUAGE" in done.errors
    assert str(home.config) in done.errors
    assert secret not in done.errors


@pytest.mark.parametrize("line", ["'{guid}'", "{short} = 1"], ids=["alone", "key"])
def test_a_guid_in_the_place_of_a_key_is_not_repeated(home: Home, orchestrator: Orchestrator, line: str) -> None:
    """Neither on the console nor in a log, whether the file is TOML or not."""
    home.settings(orchestrator.url)
    with home.config.open("a", encoding="utf-8") as file:
        file.write(line.format(guid=GUID, short=GUID[:-1]) + "\n")
    done = home.run_robot()
    assert done.code == 2
    assert home.run("check", "--config", str(home.config)).code == 2
    assert GUID[:-1] not in done.errors + done.output
    assert not [file for file, content in home.written().items() if GUID[:-1].encode() in content]


def test_no_path_has_a_zero_byte(home: Home, orchestrator: Orchestrator) -> None:
    """It is a mistake like any other, not a defect of the program."""
    home.settings(orchestrator.url)
    with home.config.open("a", encoding="utf-8") as file:
        file.write('metrics_file = "a\\u0000b"\n')
    done = home.run_robot()
    assert done.code == 2
    assert "metrics_file: must be a path" in done.errors


def test_mistakes_of_notepad_have_hints_of_their_own(home: Home, orchestrator: Orchestrator) -> None:
    """A byte order mark is fine; a Windows path in double quotes is 2 with the way to write it."""
    home.settings(orchestrator.url)
    home.config.write_text("\ufeff" + home.config.read_text("utf-8"), "utf-8")
    assert home.run_robot().code == 0
    home.config.write_text('scripts = "C:\\Users\\robot"\n', "utf-8")
    done = home.run_robot()
    assert done.code == 2
    assert "single quotes" in done.errors


def test_a_mistyped_variable_is_said(home: Home, orchestrator: Orchestrator) -> None:
    """In the log and by `check` where the rest is right, with the mistakes where it isn't; a user's own is nobody's."""
    home.settings(orchestrator.url)
    own = {"ROBOT_TOKEN": "x", "ROBOT_GUID": "x", "ROBOT_JOB_NAME": "x"}
    command = ("--config", str(home.config))
    done = home.run("run", "--headless", *command, environment={"ROBOT_HSOT": "http://elsewhere", **own})
    assert done.code == 0
    assert "ROBOT_HSOT is no setting; ROBOT_HOST may be meant" in home.log()
    assert "ROBOT_TOKEN" not in home.log()
    assert "ROBOT_GUID" not in home.log()
    assert "ROBOT_HSOT" in home.run("check", *command, environment={"ROBOT_HSOT": "x"}).output
    home.config.write_text(f"robot_guid = '{GUID}'\n")
    done = home.run("run", "--headless", *command, environment={"ROBOT_HSOT": "http://elsewhere"})
    assert done.code == 2
    assert "ROBOT_HSOT: is no setting" in done.errors
    assert "did you mean ROBOT_HOST?" in done.errors


@pytest.mark.parametrize("options", [(), ("--headless",)])
def test_a_mistake_is_said_once(home: Home, options: tuple[str, ...]) -> None:
    """Where there is no tray as well: not by the log and then again in other words."""
    write(home.config, host="orchestrator:4500", data_dir="data")
    done = home.run("run", *options, "--config", str(home.config), environment={"DISPLAY": "localhost:1"})
    assert done.code == 2
    assert (done.errors + done.output).count("host: is not the address") == 1
