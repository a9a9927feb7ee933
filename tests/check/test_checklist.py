"""`robot check`: the whole table, over real sockets."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.base.paths import DataPaths
from app.check.checklist import check_as_text
from app.check.findings import Level
from app.commands import check
from app.journal.journal import Journal
from app.orchestrator.origin import Origin
from app.orchestrator.vocabulary import JobStatus
from app.sandbox.faults import Fault, FaultKind
from app.system.single_instance import SingleInstance
from tests.check.conftest import GUID
from tests.orchestrator.wire import WireServer, always, answer

NETWORK = ["proxy", "dns", "tcp", "tls", "http", "clock", "guid"]


def checked(config, *, as_json=False):
    """The exit code of the command."""
    return check.run(Namespace(config=config, json=as_json))


def levels(findings):
    """Name and level of everything on the way to the Orchestrator."""
    return {name: findings[name].level.value for name in NETWORK}


# ---------------------------------------------------------------------- all well


def test_a_machine_that_is_ready(machine, sandbox, capsys):
    """Everything is well: exit code 0, a line for each thing, and a last line that says so."""
    machine.set(host=sandbox.url)
    assert checked(machine.config) == 0
    text = capsys.readouterr().out
    for line in (
        f"✓ Settings: {machine.config}",
        "✓ Orchestrator (HTTP): answers with HTTP 200",
        "✓ Clock: agrees with the server's",
        "✓ Robot's GUID: accepted",
        "scripts: 1 script",
        "✓ Interpreter: Python 3.",
        "GB free",
        "✓ Journal: none yet",
    ):
        assert line in text
    assert "✗" not in text
    assert text.endswith("The robot can work here.\n")


def test_checking_takes_nothing_and_announces_nothing(machine, sandbox):
    """One call: a heartbeat with status Disconnected; no job is taken."""
    job = sandbox.sandbox.queue_job("invoices")
    machine.set(host=sandbox.url)
    assert machine.findings()["guid"].level is Level.OK
    (heartbeat,) = sandbox.sandbox.requests
    assert heartbeat.path == "/api/robot/heartbeat"
    assert heartbeat.form["Status"] == "0"
    assert (heartbeat.form["JobGUID"], heartbeat.form["JobName"]) == ("", "")
    assert sandbox.sandbox.violations == []
    assert (job.status, job.times_consumed) == (JobStatus.PENDING, 0)


def test_a_running_robot_is_not_disturbed(machine, sandbox):
    """While a robot with this GUID runs, no heartbeat is sent in its name, and it keeps its place."""
    machine.set(host=sandbox.url)
    with SingleInstance(GUID) as place:
        finding = machine.findings()["guid"]
        assert not SingleInstance(GUID).acquire()
        assert place
    assert finding.level is Level.SKIPPED
    assert "not disturbed" in finding.message
    assert not sandbox.sandbox.requests


def test_afterwards_a_robot_can_start(machine, sandbox):
    """The check holds nothing once it is done."""
    machine.set(host=sandbox.url)
    machine.findings()
    with SingleInstance(GUID):
        pass


# ---------------------------------------------------------------------- exit codes


def test_an_unknown_robot_is_refused(machine, sandbox):
    """101: exit code 3, with the place to compare the GUID with."""
    machine.set(host=sandbox.url, robot_guid="11111111-2222-3333-4444-555555555555")
    assert checked(machine.config) == 3
    assert "page Robots" in machine.findings()["guid"].remedy


def test_http_401_is_a_refusal_too(machine, sandbox):
    """A server that wants other credentials: exit code 3."""
    sandbox.sandbox.faults.add(Fault(FaultKind.STATUS, "/api/robot/heartbeat", status=401, body="[]"))
    machine.set(host=sandbox.url)
    assert checked(machine.config) == 3


def test_nobody_listens(machine):
    """A closed port: exit code 4; what lies behind it is not looked at, what lies here is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    machine.set(host=f"http://127.0.0.1:{port}")
    findings = machine.findings()
    assert levels(findings) == {
        "proxy": "ok",
        "dns": "ok",
        "tcp": "error",
        "tls": "skipped",
        "http": "skipped",
        "clock": "skipped",
        "guid": "skipped",
    }
    assert "connection refused" in findings["tcp"].message
    assert "Nothing listens there" in findings["tcp"].remedy
    assert findings["interpreter"].level is Level.OK
    assert checked(machine.config) == 4


def test_no_such_name(machine):
    """A name that doesn't resolve: exit code 4, and it stops there."""
    machine.set(host="http://robot-test.invalid:4500", request_timeout=10)
    findings = machine.findings()
    assert findings["dns"].level is Level.ERROR
    assert "robot-test.invalid" in findings["dns"].message
    assert findings["tcp"].level is Level.SKIPPED
    assert checked(machine.config) == 4


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_says_nothing(machine, scheme):
    """A port that takes connections and never answers: exit code 4 after the time-out, not a hang."""
    with WireServer(lambda peer: peer.hang()) as server:
        machine.set(host=server.url.replace("http", scheme), request_timeout=0.3)
        findings = machine.findings()
    finding = findings["http" if scheme == "http" else "tls"]
    assert finding.level is Level.ERROR
    assert "timed out" in finding.message


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.TRUNCATED, FaultKind.WRONG_TYPES])
def test_a_heartbeat_that_cannot_be_understood(machine, sandbox, kind):
    """A page or nonsense in place of the reply: exit code 4, never "accepted"."""
    sandbox.sandbox.faults.add(Fault(kind, "/api/robot/heartbeat", count=None))
    machine.set(host=sandbox.url)
    assert "can be understood" in machine.findings()["guid"].message
    assert checked(machine.config) == 4


def test_a_server_in_trouble(machine):
    """5xx on the front page: exit code 4, and the GUID isn't tried."""
    with WireServer(always(answer(b"", "503 Service Unavailable"))) as server:
        machine.set(host=server.url)
        findings = machine.findings()
        assert findings["http"].level is Level.ERROR
        assert findings["guid"].level is Level.SKIPPED
        assert checked(machine.config) == 4


def test_what_is_wrong_here_comes_before_what_is_wrong_there(machine):
    """Scripts missing and Orchestrator away: exit code 2."""
    machine.set(host="http://127.0.0.1:1", scripts="nowhere")
    assert checked(machine.config) == 2


# ---------------------------------------------------------------------- settings


def test_wrong_settings_do_not_hide_the_rest(machine, sandbox):
    """Without a GUID the network, the scripts and the data folder are still looked at; exit code 2."""
    machine.set(host=sandbox.url, robot_guid="nonsense")
    findings = machine.findings()
    assert "robot_guid: is not a GUID" in findings["settings"].message
    assert findings["http"].level is Level.OK
    assert findings["scripts"].level is Level.OK
    assert findings["guid"].level is Level.SKIPPED
    assert checked(machine.config) == 2
    assert not sandbox.sandbox.requests


def test_without_a_host_nothing_is_asked_of_the_network(machine):
    """The address is missing: everything on the way is skipped."""
    machine.set(host=None)
    findings = machine.findings()
    assert set(levels(findings).values()) == {"skipped"}
    assert findings["interpreter"].level is Level.OK


def test_settings_that_cannot_be_read_at_all(machine):
    """Broken TOML: said with its place; nothing is invented about folders."""
    machine.config.write_text("host = [")
    findings = machine.findings()
    assert "not valid TOML" in findings["settings"].message
    assert {findings[name].level for name in ("scripts", "interpreter", "data_dir", "journal")} == {Level.SKIPPED}
    assert checked(machine.config) == 2


def test_no_settings_file(tmp_path):
    """`--config` naming no file is a finding of exit code 2."""
    assert checked(tmp_path / "none.toml") == 2


def test_unwise_settings_are_warnings(machine):
    """verify_tls, plain http and a hurried heartbeat are said, each with its remedy, and cost no exit code."""
    machine.set(host="http://robot-test.invalid", verify_tls=False, heartbeat_seconds=2)
    text = check_as_text(machine.config)
    assert "! Settings: heartbeat_seconds = 2" in text
    assert "! Settings: verify_tls = false" in text
    assert "! Settings: Plain http" in text


# ---------------------------------------------------------------------- TLS


def test_tls_that_is_trusted(machine, authority):
    """Whose certificate, by whom, until when, how many days are left."""
    with WireServer(always(answer()), authority.server(days=90)) as server:
        machine.set(host=server.url, ca_file=str(authority.file))
        finding = machine.findings()["tls"]
    assert finding.level is Level.OK
    assert "issued by Company CA" in finding.message
    assert finding.facts["issuer"] == "Company CA"
    assert finding.facts["names"] == ["127.0.0.1", "localhost"]
    assert 88 <= finding.facts["days_left"] <= 90


def test_tls_that_ends_soon(machine, authority):
    """Less than a month left is a warning."""
    with WireServer(always(answer()), authority.server(days=5)) as server:
        machine.set(host=server.url, ca_file=str(authority.file))
        finding = machine.findings()["tls"]
    assert finding.level is Level.WARNING
    assert "renewed" in finding.remedy


@pytest.mark.parametrize(
    ("names", "days", "trusted", "remedy"),
    [
        ("IP:127.0.0.1", 90, False, "Put the certificate of Company CA into the system's trust store"),
        ("DNS:orchestrator.example", 90, True, "Write one of its names in host: orchestrator.example"),
        ("IP:127.0.0.1", -1, True, "Have the Orchestrator's certificate renewed"),
    ],
)
def test_tls_that_is_not_trusted(machine, authority, names, days, trusted, remedy):
    """Why not, and what to do about it: exit code 4; no request carries the credential there."""
    with WireServer(always(answer()), authority.server(names, days)) as server:
        machine.set(host=server.url, ca_file=str(authority.file) if trusted else None)
        finding = machine.findings()["tls"]
        assert server.requests == []
        assert checked(machine.config) == 4
    assert finding.level is Level.ERROR
    assert "not trusted" in finding.message
    assert "issued by Company CA" in finding.message
    assert remedy in finding.remedy


def test_tls_that_is_not_verified(machine, authority):
    """verify_tls = false works and is a warning that shows whose certificate it is."""
    with WireServer(always(answer()), authority.server(days=-1)) as server:
        machine.set(host=server.url, verify_tls=False)
        findings = machine.findings()
    assert findings["tls"].level is Level.WARNING
    assert "Not verified" in findings["tls"].message
    assert findings["http"].level is Level.OK


def test_https_in_the_settings_and_http_on_the_port(machine, sandbox):
    """The most common mistake has a remedy of its own."""
    machine.set(host=sandbox.url.replace("http://", "https://"))
    finding = machine.findings()["tls"]
    assert finding.level is Level.ERROR
    assert "write http:// in host" in finding.remedy


def test_a_ca_file_that_is_not_there(machine, authority):
    """The setting and the file are named."""
    with WireServer(always(answer()), authority.server()) as server:
        machine.set(host=server.url, ca_file="none.pem")
        finding = machine.findings()["tls"]
    assert f"ca_file {machine.folder / 'none.pem'} can't be used" in finding.message


def test_tls_through_a_proxy(machine, authority):
    """The certificate behind a proxy is looked at through it, with the proxy's password, which is never shown."""

    def tunnel(peer):
        request = peer.read()
        asked = request.headers.get("proxy-authorization")
        if not request.line.startswith("CONNECT orchestrator.example:443"):
            return
        login = base64.b64encode(b"me:p@ss").decode()
        if asked != f"Basic {login}":
            peer.send(answer(b"", "407 Proxy Authentication Required"))
            return
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(peer.sock, server_side=True) as inner:
            inner.recv(1)

    context = authority.server("DNS:orchestrator.example")
    with WireServer(tunnel) as proxy:
        address = proxy.url.replace("http://", "http://me:p%40ss@")
        machine.set(host="https://orchestrator.example", proxy=address, ca_file=str(authority.file))
        findings = machine.findings()
        assert "p%40ss" not in check_as_text(machine.config)
    assert findings["proxy"].message == f"{proxy.url} (from the settings)"
    assert findings["tls"].level in (Level.OK, Level.WARNING), findings["tls"]
    assert findings["tls"].facts["names"] == ["orchestrator.example"]


# ---------------------------------------------------------------------- HTTP, clock, proxy


def test_a_server_that_has_moved(machine):
    """A redirect to https or to another host is a warning that names the address to write."""
    moved = answer(b"", "301 Moved", "Location: https://orchestrator.example/login")
    with WireServer(always(moved)) as server:
        machine.set(host=server.url)
        finding = machine.findings()["http"]
    assert finding.level is Level.WARNING
    assert "host = 'https://orchestrator.example'" in finding.remedy


def test_a_redirect_to_the_log_in_page_is_ordinary(machine):
    """The Orchestrator sends people from its front page to the log-in."""
    with WireServer(always(answer(b"", "302 Found", "Location: /login"))) as server:
        machine.set(host=server.url)
        assert machine.findings()["http"].level is Level.OK


def test_the_front_page_is_asked_for_without_the_credential(machine):
    """Only the heartbeat carries it."""
    with WireServer(always(answer())) as server:
        machine.set(host=server.url)
        machine.findings()
    front, heartbeat = server.requests
    assert front.line.startswith("GET / ")
    assert "authorization" not in front.headers
    assert heartbeat.line.startswith("POST /api/robot/heartbeat ")


@pytest.mark.parametrize(("hours", "word"), [(1, "behind"), (-1, "ahead")])
def test_a_clock_that_is_wrong(machine, hours, word):
    """The server's Date header shows this machine's clock."""
    date = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
    with WireServer(always(answer(b"", "200 OK", f"Date: {date}"))) as server:
        machine.set(host=server.url)
        finding = machine.findings()["clock"]
    assert finding.level is Level.WARNING
    assert word in finding.message
    assert abs(finding.facts["skew_seconds"] + hours * 3600) < 5


@pytest.mark.parametrize("header", ["X: y", "Date: yesterday"])
def test_a_server_without_a_clock(machine, header):
    """Without a Date that can be read there is nothing to compare."""
    with WireServer(always(answer(b"", "200 OK", header))) as server:
        machine.set(host=server.url)
        assert machine.findings()["clock"].level is Level.SKIPPED


def test_the_systems_proxy_is_named(machine, monkeypatch):
    """What the system says about proxies is part of the table, without its password."""
    with WireServer(always(answer())) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("http://", "http://me:secret@"))
        machine.set(host="http://orchestrator.example")
        findings = machine.findings()
    assert findings["proxy"].message == f"{proxy.url} (from the system)"
    assert findings["guid"].level is Level.OK
    assert proxy.requests[0].line.startswith("GET http://orchestrator.example/ ")


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1", "http://:3128", "http://proxy:port", "http://[::1", "proxy:0", "a b:80"]
)
def test_a_proxy_that_cannot_be_used(machine, monkeypatch, proxy):
    """A system's proxy of another kind is said, not met with a traceback."""
    monkeypatch.setenv("http_proxy", proxy)
    machine.set(host="http://orchestrator.example")
    finding = machine.findings()["proxy"]
    assert finding.level is Level.ERROR
    assert "proxy = 'http://proxy:3128'" in finding.remedy


def test_a_proxy_that_wants_a_password(machine):
    """407 has a remedy of its own."""
    with WireServer(always(answer(b"", "407 Proxy Authentication Required"))) as proxy:
        machine.set(host="http://orchestrator.example", proxy=proxy.url)
        assert "user:password" in machine.findings()["http"].remedy


# ---------------------------------------------------------------------- scripts and data


def test_no_scripts_folder(machine):
    """The folder is named, with what to do."""
    machine.set(host=None, scripts="нет")
    finding = machine.findings()["scripts"]
    assert finding.level is Level.ERROR
    assert str(machine.folder / "нет") in finding.message


def test_scripts_are_counted(machine):
    """Files and folders with a main.py count; an empty folder is a warning."""
    scripts = machine.folder / "scripts"
    (scripts / "a").mkdir()
    (scripts / "a" / "main.py").touch()
    (scripts / "notes.txt").touch()
    machine.set(host=None)
    assert machine.findings()["scripts"].facts == {"scripts": 2}
    (machine.folder / "empty").mkdir()
    machine.set(host=None, scripts="empty")
    assert machine.findings()["scripts"].level is Level.WARNING


def test_a_virtual_environment_without_an_interpreter(machine):
    """A `.venv` that was copied or half removed is found before a job does."""
    broken = machine.folder / "scripts" / "invoices" / ".venv"
    broken.mkdir(parents=True)
    machine.set(host=None)
    finding = machine.findings()["venv"]
    assert finding.level is Level.ERROR
    assert str(broken) in finding.message


def test_a_manifest_of_scripts(machine):
    """As approved, changed since, and a manifest that can't be read."""
    manifest = machine.folder / "approved.sha256"
    empty = hashlib.sha256(b"").hexdigest()
    manifest.write_text(f"{empty}  invoices.py\n")
    machine.set(host=None)
    assert "manifest" not in machine.findings()
    machine.set(host=None, script_manifest="approved.sha256")
    assert machine.findings()["manifest"].facts == {"approved": 1, "changed": 0}
    manifest.write_text(f"{empty}  invoices.py\n{empty}  gone.py\n{empty}  /etc/passwd\n")
    finding = machine.findings()["manifest"]
    assert finding.level is Level.WARNING
    assert finding.message.endswith(": gone.py, /etc/passwd")
    manifest.unlink()
    assert machine.findings()["manifest"].level is Level.ERROR
    assert checked(machine.config, as_json=True) == 2


def test_an_interpreter_that_does_not_start(machine):
    """A file that is no interpreter, and one that isn't there: said with its path, exit code 2."""
    fake = machine.folder / "python.exe"
    fake.write_text("not a program")
    for name in ("python.exe", "none.exe"):
        machine.set(host=None, python=name)
        finding = machine.findings()["interpreter"]
        assert finding.level is Level.ERROR
        assert str(machine.folder / name) in finding.message
        assert "Set python to" in finding.remedy


def test_an_interpreter_that_fails(machine):
    """A program that runs and is no Python isn't taken for one."""
    fake = machine.folder / "python.sh"
    fake.write_text("#!/bin/sh\necho hello\n")
    fake.chmod(0o700)
    machine.set(host=None, python="python.sh")
    assert machine.findings()["interpreter"].level is Level.ERROR


def test_the_check_leaves_nothing_behind(machine, sandbox):
    """Apart from the data folder itself and the lock of a robot in it."""
    machine.set(host=sandbox.url)
    before = {path for path in machine.folder.rglob("*") if machine.data not in (path, *path.parents)}
    machine.findings()
    after = {path for path in machine.folder.rglob("*") if machine.data not in (path, *path.parents)}
    assert after == before
    assert all(path.suffix == ".lock" for path in machine.data.iterdir())


def test_a_data_folder_that_cannot_be_written(machine):
    """A file in its place: exit code 2, not a traceback."""
    machine.data.write_text("in the way")
    machine.set(host=None)
    finding = machine.findings()["data_dir"]
    assert finding.level is Level.ERROR
    assert "data_dir" in finding.remedy


@pytest.mark.parametrize(("free", "level"), [(10**10, Level.OK), (10**8, Level.WARNING), (10**6, Level.ERROR)])
def test_free_space(machine, monkeypatch, free, level):
    """Little space is a warning, next to none an error."""
    monkeypatch.setattr("app.check.data.shutil.disk_usage", lambda _folder: type("Usage", (), {"free": free}))
    machine.set(host=None)
    finding = machine.findings()["data_dir"]
    assert finding.level is level
    assert finding.facts == {"free_bytes": free}


ORIGIN = Origin("https://rpa.example", "0123456789abcdef")


def filled_journal(machine):
    """An open journal with one report that waits and one that was refused."""
    journal = Journal.open(DataPaths(machine.data).journal)
    for guid in ("j1", "j2"):
        journal.begin_job(guid, "invoices", "pv", "m", datetime.now(UTC), machine.folder / "x.log", ORIGIN)
        journal.finish_job(guid, JobStatus.SUCCESS, datetime.now(UTC), 0, "done", "")
    journal.dead_letter(journal.outbox()[0].id, "HTTP 404")
    return journal


def test_the_journal_is_read_while_a_robot_uses_it(machine):
    """Waiting and refused reports are counted, and the robot that holds the journal goes on writing."""
    machine.set(host=None)
    journal = filled_journal(machine)
    text = check_as_text(machine.config)
    assert "! Journal: 1 report waits for delivery." in text
    assert "! Journal: The Orchestrator refused 1 report." in text
    facts = machine.findings()["journal"].facts
    assert (facts["waiting"], facts["refused"]) == (1, 1)
    assert facts["oldest"].startswith(f"{datetime.now(UTC):%Y-%m-%dT}")
    journal.begin_job("j3", "invoices", "pv", "m", datetime.now(UTC), machine.folder / "x.log", ORIGIN)
    journal.close()


def test_reports_of_another_orchestrator_are_told_apart(machine):
    """Whose they are, since when, and that they wait until the settings name it again."""
    machine.set(host="http://127.0.0.1:9")
    filled_journal(machine).close()
    text = " ".join(check_as_text(machine.config).split())
    assert "Of: another Orchestrator: https://rpa.example, robot 012345." in text
    assert "until the settings name it again" in text
    assert machine.findings()["journal"].facts["strangers"] == 1


def test_a_damaged_journal_is_said_and_left_alone(machine):
    """The check mends nothing: that is the robot's."""
    file = DataPaths(machine.data).journal
    file.parent.mkdir()
    file.write_bytes(b"not a database at all" * 100)
    machine.set(host=None)
    finding = machine.findings()["journal"]
    assert finding.level is Level.ERROR
    assert "Start the robot once" in finding.remedy
    assert file.read_bytes().startswith(b"not a database")


# ---------------------------------------------------------------------- JSON and secrets


def test_json_for_fleets(machine, sandbox, capsys):
    """One object with stable keys, in English whatever the settings' language is."""
    machine.set(host=sandbox.url, language="ru")
    assert checked(machine.config, as_json=True) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["ok"], content["exit_code"]) == (True, 0)
    found = {finding["name"]: finding for finding in content["findings"]}
    assert {
        *NETWORK,
        "settings",
        "scripts",
        "interpreter",
        "data_dir",
        "journal",
        "session",
        "log_off",
        "autostart",
    } == set(found)
    assert all(set(finding) == {"name", "level", "message", "remedy", "facts"} for finding in found.values())
    assert found["guid"]["message"] == "accepted"
    assert found["journal"]["facts"] == {"waiting": 0, "refused": 0}


@pytest.mark.parametrize("as_json", [False, True])
def test_no_secret_is_shown(machine, capsys, as_json):
    """A server that quotes the GUID and its base64 in its refusal doesn't bring them onto the screen."""
    encoded = base64.b64encode(GUID.encode()).decode()
    reply = json.dumps({"HeartbeatErrorCode": 101, "ErrorText": f"{GUID} {GUID.upper()} {encoded}", "HasNewJob": 0})
    with WireServer(always(answer(reply.encode()))) as server:
        machine.set(host=server.url, scripts=f"folder of {GUID}")
        checked(machine.config, as_json=as_json)
    output = capsys.readouterr().out
    assert "***" in output
    assert GUID not in output.lower()
    assert encoded not in output


def test_a_servers_text_cannot_rewrite_the_screen(machine):
    """Of terminal codes in a refusal only what is harmless is shown."""
    reply = json.dumps({"HeartbeatErrorCode": 101, "ErrorText": "no\x1b[2J\x07", "HasNewJob": 0})
    with WireServer(always(answer(reply.encode()))) as server:
        machine.set(host=server.url)
        text = check_as_text(machine.config)
    assert "refuses this robot: no [2J." in text
    assert not {"\x1b", "\x07"} & set(text)
    assert "\x1b" not in text


def test_a_table_on_a_terminal(machine, sandbox, monkeypatch, capsys):
    """On a terminal the same is a table with colours."""
    import io

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm-256color")
    machine.set(host=sandbox.url, scripts="none")
    assert checked(machine.config) == 2
    text = terminal.getvalue()
    assert "\x1b[" in text
    assert "✗" in text
    assert "→ Make it and put the scripts there" in text
    assert "The robot can't work here yet." in text


def test_a_console_without_the_signs(machine, monkeypatch, tmp_path):
    """A pipe in a code page that has no ✓ gets plain signs instead of an error."""
    with (tmp_path / "out.txt").open("w", encoding="cp866") as out:
        monkeypatch.setattr("sys.stdout", out)
        machine.set(host=None, scripts="日本")
        assert checked(machine.config) == 2
    text = (tmp_path / "out.txt").read_text("cp866")
    assert "\nx Scripts: There is no folder" in text
    assert "    -> " in text


def test_everything_goes_through_the_catalog(machine, sandbox, monkeypatch):
    """No word of the table is fixed to one language."""
    for module in (
        "configuration",
        "network",
        "tls",
        "orchestrator",
        "scripts",
        "data",
        "windows",
        "report",
        "checklist",
    ):
        monkeypatch.setattr(f"app.check.{module}._", lambda text: f"«{text}»")
    machine.set(host=sandbox.url)
    for line in check_as_text(machine.config).splitlines():
        assert "«" in line, line
