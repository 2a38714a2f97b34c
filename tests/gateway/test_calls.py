"""When a peer is left alone, and how much may be asked twice."""

import asyncio

import pytest

from gateway.breaker import Breaker, RetryBudget
from gateway.calls import Calls, PeerUnreachable


class Seconds:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_a_breaker_opens_after_failures_in_a_row_and_tries_once_after_its_rest() -> None:
    seconds = Seconds()
    breaker = Breaker(failures=3, rest_seconds=2, seconds=seconds)
    for _ in range(2):
        breaker.failed()
    breaker.succeeded()
    for _ in range(3):
        assert breaker.allow()
        breaker.failed()
    assert breaker.open
    assert not breaker.allow()
    assert breaker.retry_after == 2
    seconds.now += 2
    assert breaker.allow()
    assert not breaker.allow()
    breaker.succeeded()
    assert breaker.allow()


def test_a_failed_trial_waits_its_rest_again() -> None:
    seconds = Seconds()
    breaker = Breaker(failures=1, rest_seconds=2, seconds=seconds)
    breaker.failed()
    seconds.now += 2
    assert breaker.allow()
    breaker.failed()
    seconds.now += 1.9
    assert not breaker.allow()


def test_retries_are_at_most_one_in_ten_calls_and_a_few_saved() -> None:
    budget = RetryBudget(one_in=10, saved=5)
    retries = 0
    for _ in range(1000):
        budget.called()
        retries += budget.spend()
    assert retries <= 5 + 1000 / 10


class Peer:
    """A TCP server that hangs up on its first `failing` connections, then answers."""

    def __init__(self, failing: int) -> None:
        self.failing = failing
        self.requests: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head.split()[0].decode())
        if len(self.requests) > self.failing:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            await writer.drain()
        writer.close()


@pytest.mark.parametrize(("method", "sent"), [("GET", 2), ("POST", 1), ("PATCH", 1), ("DELETE", 1)])
async def test_only_a_read_is_asked_a_second_time(method: str, sent: int) -> None:
    peer = Peer(failing=1)
    server = await asyncio.start_server(peer, "127.0.0.1", 0)
    calls = Calls({"profile": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"})
    await calls.open()
    try:
        if sent == 1:
            with pytest.raises(PeerUnreachable):
                await calls.ask("profile", method, "/x", headers={}, deadline_seconds=5)
        else:
            answer = await calls.ask("profile", method, "/x", headers={}, deadline_seconds=5)
            assert answer.body == b"ok"
        assert len(peer.requests) == sent
    finally:
        await calls.close()
        server.close()
        await server.wait_closed()
