"""Cancelling and closing: whoever waits for an answer is woken, and nothing is left."""

from __future__ import annotations

import threading
import time

import pytest

from app.orchestrator.errors import CancelledError
from tests.orchestrator.conftest import FORM, PATIENCE, call, http_threads, in_background, wait_for
from tests.orchestrator.wire import WireServer, always, answer


@pytest.mark.parametrize("slow", ["hang", "drip"])
def test_cancel_wakes_the_caller_at_once(new_transport, slow):
    """Told to end, the caller doesn't wait for the answer, and the connection is given up."""

    def behave(peer):
        peer.read()
        if slow == "drip":
            peer.drip(answer())
        else:
            peer.hang()

    with WireServer(behave) as server:
        transport = new_transport(server.url, timeout=30)
        thread, results = in_background(lambda: call(transport))
        wait_for(lambda: server.requests)
        start = time.monotonic()
        transport.cancel()
        thread.join(PATIENCE)
        transport.close()
        assert time.monotonic() - start < PATIENCE
        assert isinstance(results[0], CancelledError)
        assert not http_threads()


def test_after_cancel_only_what_must_be_said_is_sent(new_transport):
    """Later calls are refused at once, those excepted that may not be cancelled."""
    with WireServer(always(answer())) as server:
        transport = new_transport(server.url)
        transport.cancel()
        with pytest.raises(CancelledError):
            call(transport)
        assert server.connections == 0
        assert transport.request("POST", "/api/robot/consumeNextJob", FORM, cancellable=False).status == 200


def test_a_call_that_may_not_be_cancelled_gets_its_answer(new_transport):
    """An answer that hands out a job is waited for, also after `cancel`."""
    answered = threading.Event()

    def behave(peer):
        peer.read()
        answered.wait(5)
        peer.send(answer())

    with WireServer(behave) as server:
        transport = new_transport(server.url)
        thread, results = in_background(
            lambda: transport.request("POST", "/api/robot/consumeNextJob", FORM, cancellable=False)
        )
        wait_for(lambda: server.requests)
        transport.cancel()
        answered.set()
        thread.join(PATIENCE)
        assert results[0].status == 200


def test_close_drops_the_connection(new_transport):
    """After `close` no thread and no connection is left; closing twice does no harm."""
    with WireServer(lambda peer: (peer.read(), peer.send(answer()), peer.hang())) as server:
        transport = new_transport(server.url)
        call(transport)
        transport.close()
        assert not http_threads()
        assert server.left.wait(2)
        transport.close()
