"""Capabilities: short-lived tokens of the gateway that say who acts, for whom, and what for. Services trust nothing else."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from chassis.problems import Refusal
from contracts.values import Purpose, Reach, Role, Scope

ISSUER = "steward-gateway"
_ALGORITHMS = ["Ed25519", "EdDSA"]
_CACHE_SIZE = 10_000
_LEEWAY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Capability:
    """What the bearer may do: `scopes`, on one `customer` or as far as `reach` says, for one `purpose`.

    `subject` is the actor's id for the audit log; `staff_no` and `branch` are there for staff.
    """

    subject: str
    roles: tuple[Role, ...]
    scopes: frozenset[Scope]
    purpose: Purpose
    reach: Reach
    customer: UUID | None = None
    staff_no: str | None = None
    branch: str | None = None
    request_id: str | None = None


class Verifier(Protocol):
    """Turns an Authorization header into a capability; raises `Refusal` with status 401."""

    async def verify(self, authorization: str | None) -> Capability:
        """The capability of the bearer."""
        ...


def unauthenticated(rule: str, fix: str) -> Refusal:
    """The 401 answer for a missing or bad token."""
    return Refusal(401, rule, title="Not authenticated", fix=fix, headers={"WWW-Authenticate": "Bearer"})


def bearer(authorization: str | None) -> str:
    """The token of a bearer Authorization header. Raises `Refusal` 401."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthenticated("token-missing", "Send the header Authorization: Bearer <token>.")
    return token.strip()


class CapabilityVerifier:
    """Verifies the gateway's tokens for one audience, by its public keys. Verified tokens are remembered until they end."""

    def __init__(self, keys: KeySet, audience: str) -> None:
        self._keys = keys
        self._audience = audience
        self._known: OrderedDict[str, tuple[float, Capability]] = OrderedDict()

    @classmethod
    def from_file(cls, path: Path, audience: str) -> "CapabilityVerifier":
        """With the JWK set in a file."""
        return cls(KeySet.import_key_set(_json(path)), audience)

    async def verify(self, authorization: str | None) -> Capability:
        """The capability of the bearer. Raises `Refusal` 401 naming what is wrong with the token."""
        token = bearer(authorization)
        known = self._known.get(token)
        if known is not None and known[0] > time.time():
            return known[1]
        expires, capability = self._decode(token)
        self._known[token] = (expires, capability)
        if len(self._known) > _CACHE_SIZE:
            self._known.popitem(last=False)
        return capability

    def _decode(self, token: str) -> tuple[float, Capability]:
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._keys, algorithms=_ALGORITHMS).claims
            registry.validate(claims)
            return float(claims["exp"]), _capability(claims)
        except (JoseError, ValueError, KeyError, TypeError):
            raise unauthenticated(
                "token-invalid", "Call through the gateway; its token for this service is missing or over."
            ) from None


def mint(key: OKPKey, capability: Capability, *, audience: str, seconds: int) -> str:
    """A token for `capability`, good for one `audience` and `seconds`. Only the gateway holds the key."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": audience,
        "iat": now,
        "exp": now + seconds,
        "sub": capability.subject,
        "roles": list(capability.roles),
        "scope": " ".join(sorted(capability.scopes)),
        "purpose": capability.purpose,
        "reach": capability.reach,
        "customer": str(capability.customer) if capability.customer else None,
        "staff_no": capability.staff_no,
        "branch": capability.branch,
        "request_id": capability.request_id,
    }
    header = {"alg": "Ed25519", "kid": key.kid}
    return jwt.encode(header, {name: value for name, value in claims.items() if value is not None}, key, algorithms=_ALGORITHMS)


def _capability(claims: dict[str, Any]) -> Capability:  # Any: claims of a verified token, checked field by field here
    customer = claims.get("customer")
    return Capability(
        subject=str(claims["sub"]),
        roles=tuple(Role(role) for role in claims["roles"]),
        scopes=frozenset(Scope(scope) for scope in claims["scope"].split()),
        purpose=Purpose(claims["purpose"]),
        reach=Reach(claims["reach"]),
        customer=UUID(customer) if customer else None,
        staff_no=claims.get("staff_no"),
        branch=claims.get("branch"),
        request_id=claims.get("request_id"),
    )


def _json(path: Path) -> Any:  # Any: a JWK set, checked by joserfc
    return orjson.loads(path.read_bytes())
