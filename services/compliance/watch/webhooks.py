"""Webhooks to one configured receiver, signed as Standard Webhooks say: no redirects, no private address that is not
configured, the name resolved once for each attempt and the connection bound to that answer."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_PREFIX = "whsec_"
_LEAST_SECRET_BYTES, _MOST_SECRET_BYTES = 24, 64
_DEFAULT_PORTS = {"https": 443, "http": 80}


class SecretInvalid(ValueError):
    """The file holds no secrets of Standard Webhooks: lines of whsec_ and the base64 of 24 to 64 bytes."""


class TargetRefused(Exception):
    """The address must not be called; the message is the code of the rule."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where webhooks go. `networks` are those private ones in which the receiver may be; plain http is for them alone."""

    url: URL
    networks: tuple[Network, ...] = ()

    @property
    def port(self) -> int:
        """The port that is called."""
        return self.url.port or _DEFAULT_PORTS[self.url.scheme]


def target_of(url: str, networks: Sequence[Network]) -> Target:
    """A checked target. Raises ValueError for an address that is no plain http or https URL."""
    parsed = URL(url)
    if parsed.scheme not in _DEFAULT_PORTS or not parsed.host or parsed.user or parsed.password or parsed.fragment:
        raise ValueError("the receiver's URL is http or https with a host, without user, password and fragment")
    return Target(parsed, tuple(networks))


def read_secrets(path: Path) -> list[bytes]:
    """The secrets of a file, one a line; with several, a receiver can change from one to the other. Raises `SecretInvalid`."""
    secrets = []
    for line in path.read_text(encoding="ascii").split():
        try:
            secret = base64.b64decode(line.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            raise SecretInvalid("not base64") from None
        if not line.startswith(_PREFIX) or not _LEAST_SECRET_BYTES <= len(secret) <= _MOST_SECRET_BYTES:
            raise SecretInvalid("a secret is whsec_ and the base64 of 24 to 64 bytes")
        secrets.append(secret)
    if not secrets:
        raise SecretInvalid("no secret")
    return secrets


def signatures(secrets: Sequence[bytes], *, message_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature: one `v1,` signature for each secret over id, timestamp (seconds) and body."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets)


def allowed(address: Address, networks: Sequence[Network]) -> bool:
    """May this address be called? Public unicast ones, and those of the configured networks."""
    plain = getattr(address, "ipv4_mapped", None) or address
    if any(plain in network for network in networks):
        return True
    return plain.is_global and not plain.is_multicast and not plain.is_reserved


async def resolve(target: Target) -> list[Address]:
    """The addresses of the receiver. One that must not be called makes all of them refused: a name that answers with both is
    not to be trusted. Raises `TargetRefused` and OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(target.url.raw_host, target.port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    if not addresses or not all(allowed(address, target.networks) for address in addresses):
        raise TargetRefused("address-not-allowed")
    if target.url.scheme == "http" and not all(any(a in network for network in target.networks) for a in addresses):
        raise TargetRefused("http-not-allowed")
    return addresses


async def send(
    target: Target, *, secrets: Sequence[bytes], message_id: UUID, body: bytes, now: datetime, seconds: float
) -> tuple[bool, str]:
    """Send once. Returns whether the receiver took it (any 2xx), and its status or the name of what went wrong."""
    timestamp = int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": str(message_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(secrets, message_id=str(message_id), timestamp=timestamp, body=body),
    }
    try:
        async with asyncio.timeout(seconds):
            connector = aiohttp.TCPConnector(resolver=_Pinned(await resolve(target)), use_dns_cache=False, force_close=True)
            async with (
                aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as client,
                client.post(target.url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                return 200 <= answer.status < 300, str(answer.status)  # success, as HTTP has it
    except TargetRefused as refused:
        return False, str(refused)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return False, type(error).__name__


class _Pinned(AbstractResolver):
    """Answers every name with the addresses that were checked, so that a second look-up cannot lead elsewhere."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """The checked addresses."""
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET6 if address.version == 6 else socket.AF_INET,  # IPv6
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""
