"""Listening ports below 32768: above it they collide with the ports that the kernel gives to outgoing connections."""

import random
import socket
from collections.abc import Collection

LOWEST, HIGHEST = 20_000, 32_767
ATTEMPTS = 200


class NoFreePort(Exception):
    """No port could be bound within `ATTEMPTS` tries."""


def listen(host: str, preferred: int | None = None, *, avoid: Collection[int] = ()) -> socket.socket:
    """A socket bound to `host` on the preferred port, or on a free random one if that is taken.

    The caller owns the socket, so nobody else can take the port between choosing and serving.
    """
    candidates = [] if preferred is None else [preferred]
    candidates += [random.randint(LOWEST, HIGHEST) for _ in range(ATTEMPTS)]
    for port in candidates:
        if port in avoid:
            continue
        # asyncio switches Nagle's delay off (40 ms an answer) only for sockets that name TCP as their protocol
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
            # two sockets may share an address until one listens: only listening claims it
            bound.listen(2048)
        except OSError:
            bound.close()
            continue
        return bound
    raise NoFreePort(f"no free port between {LOWEST} and {HIGHEST} on {host}")


def free_port(host: str, preferred: int | None = None, *, avoid: Collection[int] = ()) -> int:
    """A port that was free a moment ago, for servers that insist on binding themselves."""
    with listen(host, preferred, avoid=avoid) as bound:
        return int(bound.getsockname()[1])
