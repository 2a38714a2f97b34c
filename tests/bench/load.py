"""A lean HTTP/1.1 load: fixed request bytes over kept connections, one request at a time on each."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


class UnexpectedAnswer(Exception):
    """The server answered with something else than 200; the status line says what."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked: a URL, with an Authorization header."""

    url: str
    authorization: str = ""

    def request(self) -> bytes:
        """The bytes of one request."""
        parts = urlsplit(self.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        lines = [f"GET {path} HTTP/1.1", f"host: {parts.netloc}"]
        if self.authorization:
            lines.append(f"authorization: {self.authorization}")
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out of one round."""

    per_second: float
    p50_ms: float
    p99_ms: float


class _Connection(asyncio.Protocol):
    """Asks again as soon as an answer is whole."""

    def __init__(self, request: bytes, until: float, latencies: list[float]) -> None:
        self._request = request
        self._until = until
        self._latencies = latencies
        self._buffer = b""
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return
        now = time.perf_counter()
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(UnexpectedAnswer(head.split(b"\r\n", 1)[0].decode()))
            self._transport.close()
            return
        self._latencies.append(now - self._sent)
        self._buffer = b""
        if now < self._until:
            self._ask()
        else:
            self._transport.close()
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("closed by the server"))


def _length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.index(b"content-length:") + 15
    return int(lowered[start : lowered.find(b"\r\n", start) % (len(lowered) + 1)])


async def measure(target: Target, *, seconds: float, connections: int) -> Measured:
    """Load `target` for some seconds."""
    parts = urlsplit(target.url)
    latencies: list[float] = []
    begun = time.perf_counter()
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(
            lambda: _Connection(target.request(), begun + seconds, latencies), parts.hostname, parts.port
        )
        for _ in range(connections)
    ]
    await asyncio.gather(*(connection.done for _, connection in made))
    elapsed = time.perf_counter() - begun
    return Measured(len(latencies) / elapsed, 1000 * statistics.median(latencies), 1000 * percentile(latencies, 99))


def percentile(values: list[float], rank: float) -> float:
    """Nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(rank / 100 * len(ordered)))]


async def compare(ours: Target, limit: Target, *, seconds: float, rounds: int, connections: int) -> tuple[Measured, Measured]:
    """Both in turn, A B A B; the median round of each by rate."""
    found: tuple[list[Measured], list[Measured]] = ([], [])
    for target in (ours, limit):
        await measure(target, seconds=seconds / 2, connections=connections)
    for _ in range(rounds):
        for target, results in zip((ours, limit), found, strict=True):
            results.append(await measure(target, seconds=seconds, connections=connections))
    middle = [sorted(results, key=lambda one: one.per_second)[len(results) // 2] for results in found]
    return middle[0], middle[1]
