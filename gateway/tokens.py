"""Who calls: OIDC bearer tokens, verified against the issuer's published keys."""

import hashlib
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.clock import Clock
from chassis.outgoing import Outgoing
from contracts.disclosure.destinations import DestinationNotAllowed
from contracts.values import Role, RuleBroken
from gateway.caches import Expiring

ALGORITHMS = ["EdDSA", "Ed25519", "RS256", "ES256"]
"""The only signatures that are looked at. `none` and shared secrets are not among them."""

LEEWAY_SECONDS = 30
"""How far the issuer's clock may be from ours."""

PROVIDER = "identity_provider"
"""How the allow-list of destinations calls the issuer."""

_MAX_TOKEN = 8 * 1024
_SUBJECT = re.compile(r"[!-~]{1,200}")
"""What audited acts can carry; see `contracts.events.base.Subject`."""

_log = logging.getLogger(__name__)


class TokenMissing(RuleBroken):
    """The request carries no bearer token."""

    rule = "token-missing"
    fix = "Send `Authorization: Bearer <token>` with a token of the bank's identity provider."


class TokenInvalid(RuleBroken):
    """The token is not one that this gateway accepts; `detail` names the check that failed, never the token."""

    rule = "token-invalid"
    fix = "Get a fresh token from the bank's identity provider for this audience."


class IssuerUnavailable(RuleBroken):
    """The issuer's keys were never fetched, or the token names a key that could not be looked up."""

    rule = "issuer-unavailable"
    fix = "Try again shortly."


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified caller. `key` stands for all that decides what they may do, for caches."""

    subject: str
    roles: tuple[Role, ...]
    staff_no: str | None
    branch: str | None
    customer_id: UUID | None
    key: str


class Keys:
    """The issuer's public keys: fetched when first needed, again when stale or when a token names an unknown key.

    Unknown keys cause at most one fetch in `refetch_seconds`; with the issuer away, known keys go on being trusted.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[KeySet]],
        *,
        refetch_seconds: float = 10,
        stale_seconds: float = 600,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._fetch = fetch
        self._refetch_seconds = refetch_seconds
        self._stale_seconds = stale_seconds
        self._seconds = seconds
        self._keys: KeySet | None = None
        self._asked_at: float | None = None
        self._fetched_at = 0.0

    async def for_key(self, kid: str | None) -> KeySet:
        """The key set to verify with. Raises `IssuerUnavailable` without any, `TokenInvalid` for an unknown key."""
        stale = self._keys is None or self._seconds() - self._fetched_at > self._stale_seconds
        if (stale or not self._knows(kid)) and self._may_ask():
            await self._ask()
        if self._keys is None:
            raise IssuerUnavailable("the issuer's keys are not known yet")
        if not self._knows(kid):
            raise TokenInvalid("the token names an unknown key")
        return self._keys

    def _may_ask(self) -> bool:
        return self._asked_at is None or self._seconds() - self._asked_at >= self._refetch_seconds

    async def _ask(self) -> None:
        self._asked_at = self._seconds()
        try:
            self._keys = await self._fetch()
            self._fetched_at = self._seconds()
        except (httpx.HTTPError, ValueError, JoseError, DestinationNotAllowed) as error:
            _log.warning("issuer keys not fetched: %s", type(error).__name__)

    def _knows(self, kid: str | None) -> bool:
        if self._keys is None:
            return False
        return kid is not None and any(key.kid == kid for key in self._keys.keys)


async def fetch_keys(issuer: str, outgoing: Outgoing) -> KeySet:
    """The keys that `issuer` publishes (OpenID Connect Discovery).

    Raises httpx.HTTPError, ValueError, JoseError, and `DestinationNotAllowed` for keys that would come from elsewhere.
    """
    about = await outgoing.get(PROVIDER, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    about.raise_for_status()
    document = about.json()
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise ValueError("the discovery document is of another issuer")
    keys = await outgoing.get(PROVIDER, str(document["jwks_uri"]))
    keys.raise_for_status()
    return KeySet.import_key_set(keys.json())


class Verifier:
    """Verifies bearer tokens and remembers verified ones, by hash, until they expire."""

    def __init__(self, *, keys: Keys, issuer: str, audience: str, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock.now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._verified: Expiring[bytes, Principal] = Expiring()

    def known(self, token: str) -> Principal | None:
        """The caller, when this token was verified before and has not expired."""
        return self._verified.get(_digest(token))

    async def verify(self, token: str) -> Principal:
        """The caller that `token` stands for. Raises `TokenInvalid` or `IssuerUnavailable`."""
        claims = await self._check(token)
        principal = _principal(claims)
        # The cached life is counted in elapsed seconds, so a clock that jumps forward is caught at the latest after it.
        self._verified.put(_digest(token), principal, life_seconds=claims["exp"] - self._clock.now().timestamp())
        return principal

    async def _check(self, token: str) -> dict[str, Any]:  # Any: claims are JSON
        if len(token) > _MAX_TOKEN:
            raise TokenInvalid("the token is too long")
        try:
            header = jws.extract_compact(token.encode()).headers()
            if header.get("alg") not in ALGORITHMS:
                raise TokenInvalid("the token's algorithm is not accepted")
            keys = await self._keys.for_key(header.get("kid"))
            decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
            self._claims.validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise TokenInvalid(f"the token fails a check: {getattr(error, 'error', type(error).__name__)}") from None
        return decoded.claims


def _principal(claims: dict[str, Any]) -> Principal:  # Any: claims are JSON
    """The principal in verified claims. Roles that this suite does not know are passed over."""
    names = claims.get("roles")
    try:
        customer_id = UUID(claims["customer_id"]) if claims.get("customer_id") else None
    except (ValueError, TypeError, AttributeError):
        raise TokenInvalid("customer_id is no id") from None
    roles = tuple(role for role in Role if isinstance(names, list) and role.value in names)
    staff_no, branch = _text(claims, "staff_no"), _text(claims, "branch")
    subject = str(claims["sub"])
    if not _SUBJECT.fullmatch(subject):
        raise TokenInvalid("sub is no id: ASCII without spaces, 200 characters at most")
    key = "|".join((subject, ",".join(roles), staff_no or "", branch or "", str(customer_id or "")))
    return Principal(subject=subject, roles=roles, staff_no=staff_no, branch=branch, customer_id=customer_id, key=key)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _text(claims: dict[str, Any], name: str) -> str | None:  # Any: claims are JSON
    value = claims.get(name)
    return value if isinstance(value, str) and value else None
