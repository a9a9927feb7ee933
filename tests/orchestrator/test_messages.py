"""Replies: tolerant of spelling, never of meaning."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.orchestrator.errors import UnreadableReplyError
from app.orchestrator.messages import decode_object, read_consume, read_heartbeat, read_task
from app.orchestrator.vocabulary import ConsumeCode, HeartbeatCode

JOB = {"GUID": "j-1", "Status": 1}
VERSION = {"GUID": "pv-1", "Name": r"finance\Счета"}
TASK = {"id": 7, "name": "t", "parameters": '{"a": [1]}'}

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
# Values that look like what a reply holds, to get deep into the reading.
codes = st.sampled_from([0, "0", " 0 ", 0.0, -0.0, 1, "1", True, False, 10, 20, 101, 102, 7, "", "x", None, "²", "--1"])
forms = st.sampled_from(
    [JOB, VERSION, TASK, json.dumps(JOB), json.dumps(json.dumps(VERSION)), "[]", "{}", "{", "\ud800"]
)
keys = st.sampled_from(
    [
        "HeartbeatErrorCode",
        " hasnewjob",
        "HasNewJob",
        "ConsumeJobErrorCode",
        "JOB",
        "ProcessVersion",
        " Task ",
        "ErrorText",
    ]
)
replies = st.dictionaries(keys, codes | forms | json_values, max_size=8) | json_values


def heartbeat(**changes):
    """An ordinary answer to a heartbeat, changed."""
    return {"HeartbeatErrorCode": 0, "ErrorText": "", "HasNewJob": 0, **changes}


def consume(**changes):
    """An ordinary answer to consumeNextJob, changed."""
    parts = {"Job": json.dumps(JOB), "ProcessVersion": json.dumps(VERSION), "Task": None}
    return {"ConsumeJobErrorCode": 0, "ErrorText": "", **parts, **changes}


# ---------------------------------------------------------------------- heartbeat


@pytest.mark.parametrize(
    ("body", "code", "job"),
    [
        (heartbeat(), HeartbeatCode.NO_ERROR, False),
        (heartbeat(HasNewJob=1), HeartbeatCode.NO_ERROR, True),
        (heartbeat(HasNewJob="1", HeartbeatErrorCode="0"), HeartbeatCode.NO_ERROR, True),
        (heartbeat(HasNewJob=" 0 "), HeartbeatCode.NO_ERROR, False),
        ({" heartbeaterrorcode ": 0, "HASNEWJOB": 1}, HeartbeatCode.NO_ERROR, True),
        (json.dumps(heartbeat(HasNewJob=1)), HeartbeatCode.NO_ERROR, True),
        (json.dumps(json.dumps(heartbeat(HasNewJob=1))), HeartbeatCode.NO_ERROR, True),
        (heartbeat(HeartbeatErrorCode=10), HeartbeatCode.JOB_ABORTING, False),
        (heartbeat(HeartbeatErrorCode="20", HasNewJob=None), HeartbeatCode.JOB_STOPPING, None),
        ({"HeartbeatErrorCode": 101}, HeartbeatCode.ROBOT_NOT_FOUND, None),
        (heartbeat(HeartbeatErrorCode=7), 7, False),
        (heartbeat(Extra={"a": 1}), HeartbeatCode.NO_ERROR, False),
        (heartbeat(HasNewJob=True), HeartbeatCode.NO_ERROR, True),
        (heartbeat(HasNewJob=False), HeartbeatCode.NO_ERROR, False),
        (heartbeat(HasNewJob="True", HeartbeatErrorCode=False), HeartbeatCode.NO_ERROR, True),
        (heartbeat(HasNewJob="false"), HeartbeatCode.NO_ERROR, False),
        ([heartbeat(HasNewJob=1)], HeartbeatCode.NO_ERROR, True),
        ({"heartbeat_error_code": "0", "error_text": "", "has_new_job": "1"}, HeartbeatCode.NO_ERROR, True),
        ({"heartbeat_error_code": 0, "has_new_job": 0}, HeartbeatCode.NO_ERROR, False),
        (heartbeat(HeartbeatErrorCode=101, HasNewJob="?"), HeartbeatCode.ROBOT_NOT_FOUND, None),
    ],
)
def test_heartbeat_replies_that_can_be_understood(body, code, job):
    """Numbers as texts, keys in any case, JSON in JSON: all mean the same."""
    reply = read_heartbeat(body)
    assert reply.code == code
    assert type(reply.code) is type(code)
    assert reply.has_new_job is job


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        "",
        "<html>",
        17,
        [heartbeat(), heartbeat()],
        [[heartbeat()]],
        False,
        "false",
        {"HasNewJob": 0},
        {"HeartbeatErrorCode": 0},
        heartbeat(HasNewJob=None),
        heartbeat(HasNewJob=""),
        heartbeat(HasNewJob=2),
        heartbeat(HasNewJob=-1),
        heartbeat(HasNewJob="none"),
        heartbeat(HasNewJob=[]),
        heartbeat(HasNewJob=0.5),
        heartbeat(HeartbeatErrorCode=None),
        heartbeat(HeartbeatErrorCode="17.5e"),
        heartbeat(HeartbeatErrorCode={"unexpected": []}),
        heartbeat(HeartbeatErrorCode="9" * 5000),
        heartbeat(HeartbeatErrorCode=10**4000),
        heartbeat(HeartbeatErrorCode=-1e300),
        json.dumps(json.dumps(json.dumps(heartbeat()))),
        "[" * 100_000,
    ],
)
def test_heartbeat_replies_that_cannot(body):
    """What doesn't plainly say a code and whether a job waits is an error to retry."""
    with pytest.raises(UnreadableReplyError):
        read_heartbeat(body)


@given(replies)
@example({"HeartbeatErrorCode": 0, "HasNewJob": False})
def test_no_reply_breaks_the_heartbeat_or_fakes_idleness(body):
    """Arbitrary JSON raises nothing but UnreadableReplyError, and is "no job" only where it says 0 and 0 itself."""
    with suppress(UnreadableReplyError):
        reply = read_heartbeat(body)
        if reply.code == HeartbeatCode.NO_ERROR and not reply.has_new_job:
            said = {key.strip().lower(): value for key, value in reversed(list(decode_object(body).items()))}
            for key in ("heartbeaterrorcode", "hasnewjob"):
                assert str(said[key]).strip().lower() in {"0", "0.0", "-0.0", "false"}
        reply.error_text.encode()


@pytest.mark.parametrize(
    ("sent", "text"), [("нет", "нет"), (None, ""), (5, "5"), (["x"], ""), ({}, ""), (" a ", "a"), ("\ud800!", "?!")]
)
def test_error_text_never_spoils_a_reply(sent, text):
    """ErrorText is for people, whatever type it has; what no file can hold is replaced."""
    assert read_heartbeat(heartbeat(ErrorText=sent)).error_text == text


# ---------------------------------------------------------------------- consumeNextJob


@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: value,
        json.dumps,
        lambda value: json.dumps(json.dumps(value)),
        lambda value: [value],
        lambda value: json.dumps([value]),
    ],
)
def test_a_job_in_all_its_forms(wrap):
    """Objects as objects, as JSON text once or twice encoded, and alone in a list."""
    reply = read_consume(consume(Job=wrap(JOB), ProcessVersion=wrap(VERSION), Task=wrap(TASK)))
    assert reply.code is ConsumeCode.NO_ERROR
    assert reply.order.guid == "j-1"
    assert reply.order.name == r"finance\Счета"
    assert reply.order.process_version_guid == "pv-1"
    assert reply.order.task == {"id": 7, "name": "t", "parameters": {"a": [1]}}


@pytest.mark.parametrize("key", ["GUID", "guid", "Guid", " Guid "])
def test_the_jobs_keys_in_any_case(key):
    """Versions of the Orchestrator differ in the case of their keys."""
    body = {key.upper(): value for key, value in consume().items()} | {"JOB": {key: 17}}
    assert read_consume(body).order.guid == "17"


def test_a_job_in_the_vendors_other_dialect():
    """The pages write the same replies in CamelCase and in snake_case."""
    reply = read_consume(
        {"consume_job_error_code": "0", "job": {"guid": "j-1"}, "process_version": {"guid": "pv-1", "name": "x"}}
    )
    assert reply.order is not None
    assert (reply.order.guid, reply.order.process_version_guid, reply.order.name) == ("j-1", "pv-1", "x")


def test_a_mark_of_bytes_before_json_in_json_is_none():
    """PHP sends the mark of every file that was saved with one, also into what it encodes."""
    task = "\ufeff" + json.dumps({"guid": "t", "parameters": '\ufeff{"a": 1}'})
    reply = read_consume(consume(Job="\ufeff" + json.dumps(JOB), Task=task))
    assert reply.order is not None
    assert (reply.order.guid, reply.order.task) == ("j-1", {"guid": "t", "parameters": {"a": 1}})


@pytest.mark.parametrize("version", [None, "", "[]", {}, "{", {"Name": None}, {"Name": ["x"]}, {"Name": True}, 5])
def test_a_job_without_a_readable_name_is_still_a_job(version):
    """It has been handed out, so it must get an outcome: an order with an empty name."""
    assert read_consume(consume(ProcessVersion=version)).order.name == ""


@pytest.mark.parametrize("job", [None, "", "[]", "{", {}, {"GUID": ""}, {"GUID": " "}, {"GUID": None}, {"GUID": True}])
def test_a_job_without_a_guid_cannot_be_understood(job):
    """The code says that there is a job; without its GUID nothing can be done with it."""
    with pytest.raises(UnreadableReplyError, match="GUID"):
        read_consume(consume(Job=job))


@pytest.mark.parametrize("code", [102, "102", 101, 5])
def test_codes_without_a_job(code):
    """Without a job nothing else of the reply is looked at."""
    reply = read_consume({"consumejoberrorcode": code, "Job": "{", "ErrorText": "x"})
    assert (reply.code, reply.order, reply.error_text) == (int(code), None, "x")


@given(replies)
@example(consume(Job={"GUID": "\ud800"}, ProcessVersion={"Name": "\udfff", "GUID": "\ud800"}))
def test_no_reply_breaks_consuming(body):
    """Arbitrary JSON gives an order exactly with code 0, or UnreadableReplyError; texts fit files and databases."""
    with suppress(UnreadableReplyError):
        reply = read_consume(body)
        assert (reply.order is not None) == (reply.code == 0)
        if reply.order:
            assert reply.order.guid
            (reply.order.guid + reply.order.name + reply.order.process_version_guid).encode()


# ---------------------------------------------------------------------- task


@pytest.mark.parametrize(
    "task", [None, False, "", " ", "null", "false", "False", "[]", "{}", [], {}, '"[]"', '""', '"false"']
)
def test_every_form_of_no_task(task):
    """The Orchestrator has many ways to say that there is no task."""
    assert read_task(task) is None


@pytest.mark.parametrize(
    ("sent", "parsed"),
    [
        ('{"a": 1}', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ("[1]", [1]),
        ("", ""),
        ("plain words", "plain words"),
        ({"a": 1}, {"a": 1}),
        (None, None),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_parameters_are_parsed(sent, parsed):
    """`parameters` is JSON text once more; other text stays as it is, and keys are in lower case for the script."""
    assert read_task({" Parameters": sent, "Name": "{}"}) == {"parameters": parsed, "name": "{}"}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"Name": "a\ud83db"}, {"name": "a?b"}),
        (
            {"Parameters": '{"k\\ud83d": ["\\udc00", {"x": "\\ud83d\\ude00"}]}'},
            {"parameters": {"k?": ["?", {"x": "😀"}]}},
        ),
        ("\ud83d", {"raw": "?"}),
    ],
)
def test_a_lone_surrogate_does_not_spoil_a_task(sent, read):
    """Half an emoji, cut by somebody: no file can hold it, so the script gets a question mark in its place."""
    assert read_task(sent) == read
    json.dumps(read_task(sent), ensure_ascii=False).encode()


def test_a_task_nested_without_end_is_still_a_task():
    """Deeper than a person's task ever is: it breaks nothing."""
    deep = json.loads("[" * 900 + "]" * 900)
    assert read_task({"Name": "t", "Deep": deep}) is not None


@pytest.mark.parametrize("task", ["{", "words", 5, [1], True, '"x"'])
def test_a_task_that_cannot_be_read_is_handed_on_raw(task):
    """The script knows its own queue: it gets what came."""
    assert read_task(task) == {"raw": task}
