"""Who calls: every way to forge, borrow or outlive a token is refused."""

import base64
import hmac
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from chassis.clock import Clock
from contracts.values import Role
from gateway.issuer import AUDIENCE, ISSUER, create_key, mint, public_keys
from gateway.tokens import IssuerUnavailable, Keys, TokenInvalid, Verifier

KEY = OKPKey.generate_key("Ed25519", auto_kid=True)


class Issuer:
    """Where keys come from: counts the fetches, can be away, can change its keys."""

    def __init__(self, *keys: object) -> None:
        self.keys = keys
        self.fetches = 0
        self.away = False

    async def fetch(self) -> KeySet:
        self.fetches += 1
        if self.away:
            raise httpx.ConnectError("away")
        return KeySet.import_key_set({"keys": [key.as_dict(private=False) for key in self.keys]})


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def verifier(issuer: Issuer, clock: Clock | None = None, seconds: Seconds | None = None) -> Verifier:
    keys = Keys(issuer.fetch, seconds=seconds or Seconds())
    return Verifier(keys=keys, issuer=ISSUER, audience=AUDIENCE, clock=clock or Clock())


def claims(**changed: object) -> dict[str, object]:
    now = int(datetime.now(UTC).timestamp())
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "roles": ["adviser"], "iat": now, "exp": now + 600}
    return {name: value for name, value in {**usual, **changed}.items() if value is not None}


def signed(key: object = KEY, alg: str = "Ed25519", *, kid: str | None = "", **changed: object) -> str:
    header = {"alg": alg, "kid": key.kid if kid == "" else kid}
    return jwt.encode({k: v for k, v in header.items() if v}, claims(**changed), key, algorithms=[alg])


async def refused(token: str, issuer: Issuer | None = None) -> str:
    with pytest.raises(TokenInvalid) as broken:
        await verifier(issuer or Issuer(KEY)).verify(token)
    assert token not in broken.value.detail
    return broken.value.detail


async def test_a_good_token_names_its_principal() -> None:
    token = signed(staff_no="A1", branch="SH-01", roles=["adviser", "moonwalker"])
    principal = await verifier(Issuer(KEY)).verify(token)
    assert (principal.subject, principal.roles, principal.staff_no, principal.branch) == ("u1", (Role.ADVISER,), "A1", "SH-01")


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (OKPKey.generate_key("Ed25519", auto_kid=True), "EdDSA"),
        (RSAKey.generate_key(2048, auto_kid=True), "RS256"),
        (ECKey.generate_key("P-256", auto_kid=True), "ES256"),
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_the_allowed_algorithms_are_accepted(key: object, alg: str) -> None:
    assert (await verifier(Issuer(key)).verify(signed(key, alg))).subject == "u1"


def unsigned(alg: str) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")

    return f"{part({'alg': alg, 'kid': KEY.kid})}.{part(claims())}."


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
async def test_a_token_without_a_signature_is_refused(alg: str) -> None:
    assert "algorithm" in await refused(unsigned(alg))


async def test_the_public_key_does_not_serve_as_a_shared_secret() -> None:
    signing_input = unsigned("HS256").rstrip(".")
    digest = hmac.digest(KEY.as_bytes(private=False), signing_input.encode(), "sha256")
    tail = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert "algorithm" in await refused(f"{signing_input}.{tail}")


async def test_a_key_that_comes_with_the_token_is_not_used() -> None:
    own = OKPKey.generate_key("Ed25519")
    header = {"alg": "Ed25519", "kid": KEY.kid, "jwk": own.as_dict(private=False)}
    await refused(jwt.encode(header, claims(), own, algorithms=["Ed25519"]))


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another-bank"},
        {"aud": ["another-bank"]},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1_000_000},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"customer_id": "not-an-id"},
    ],
)
async def test_a_token_for_somebody_else_or_another_time_is_refused(changed: dict[str, object]) -> None:
    await refused(signed(**changed))


async def test_a_token_that_was_changed_is_refused() -> None:
    head, body, tail = signed().split(".")
    more = base64.urlsafe_b64encode(orjson.dumps(claims(roles=["system"]))).decode().rstrip("=")
    await refused(f"{head}.{more}.{tail}")
    await refused(f"{head}.{body}.{'A' * len(tail)}")


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "....", "x" * 9000, "é.é.é", "e30.e30.e30"])
async def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(TokenInvalid):
        await verifier(Issuer(KEY)).verify(token)


async def test_a_token_of_another_key_under_a_known_name_is_refused() -> None:
    other = OKPKey.generate_key("Ed25519", auto_kid=True)
    await refused(signed(other, kid=KEY.kid))


async def test_an_unknown_key_is_looked_up_at_most_once_in_ten_seconds() -> None:
    issuer, seconds = Issuer(KEY), Seconds()
    checked = verifier(issuer, seconds=seconds)
    other = OKPKey.generate_key("Ed25519", auto_kid=True)
    await checked.verify(signed())
    for _ in range(50):
        with pytest.raises(TokenInvalid):
            await checked.verify(signed(other))
    assert issuer.fetches == 1
    issuer.keys = (KEY, other)
    seconds.now += 11
    assert (await checked.verify(signed(other))).subject == "u1"
    assert issuer.fetches == 2


async def test_a_token_that_names_no_key_is_refused() -> None:
    await refused(signed(kid=None))


async def test_known_keys_are_trusted_while_the_issuer_is_away() -> None:
    issuer, seconds = Issuer(KEY), Seconds()
    checked = verifier(issuer, seconds=seconds)
    await checked.verify(signed())
    issuer.away = True
    seconds.now += 5000
    assert (await checked.verify(signed(sub="u2"))).subject == "u2"
    assert issuer.fetches == 2


async def test_without_any_keys_nobody_is_let_in_and_the_issuer_is_asked_again_later() -> None:
    issuer, seconds = Issuer(KEY), Seconds()
    issuer.away = True
    checked = verifier(issuer, seconds=seconds)
    for _ in range(5):
        with pytest.raises(IssuerUnavailable):
            await checked.verify(signed())
    assert issuer.fetches == 1
    issuer.away = False
    seconds.now += 11
    assert (await checked.verify(signed())).subject == "u1"


async def test_a_verified_token_is_known_until_it_expires() -> None:
    checked = verifier(Issuer(KEY))
    short = signed(exp=int(datetime.now(UTC).timestamp()) - 20)  # within the leeway, over by our clock
    await checked.verify(short)
    assert checked.known(short) is None
    long = signed()
    principal = await checked.verify(long)
    assert checked.known(long) is principal
    assert checked.known(long + "x") is None


async def test_a_local_token_lives_as_long_as_was_asked() -> None:
    clock = Clock()
    token = mint(KEY, now=clock.now(), subject="u1", roles=[Role.OPERATOR], life=timedelta(minutes=10))
    assert (await verifier(Issuer(KEY), clock).verify(token)).roles == (Role.OPERATOR,)
    clock.advance(timedelta(minutes=11))
    with pytest.raises(TokenInvalid):
        await verifier(Issuer(KEY), clock).verify(token)


def test_a_local_key_is_made_once_and_only_its_owner_reads_it(tmp_path) -> None:
    first = create_key(tmp_path / "keys" / "issuer.json")
    second = create_key(tmp_path / "keys" / "issuer.json")
    assert first.as_dict(private=True) == second.as_dict(private=True)
    assert (tmp_path / "keys" / "issuer.json").stat().st_mode & 0o077 == 0
    assert "d" not in public_keys(first)["keys"][0]
