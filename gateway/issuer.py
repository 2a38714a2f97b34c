"""A local identity provider for development: the gateway publishes the keys, `mint` signs tokens.

It exists only while the setting `issuer_key` names a private key. A bank points `issuer` at its own provider instead.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.secret_files import write_once
from contracts.values import Role

ISSUER = "steward-local"
AUDIENCE = "steward"


def load_key(path: Path) -> OKPKey:
    """The private key in a JWK file. Raises OSError or ValueError."""
    return OKPKey.import_key(orjson.loads(path.read_bytes()))


def create_key(path: Path) -> OKPKey:
    """Make an Ed25519 key and keep it at `path`, readable by the owner alone; an existing key is kept."""
    if path.exists():
        return load_key(path)
    key = OKPKey.generate_key("Ed25519", auto_kid=True)
    try:
        write_once(path, orjson.dumps(key.as_dict(private=True)))
    except FileExistsError:
        return load_key(path)
    return key


def public_keys(key: OKPKey) -> dict[str, object]:
    """The JWK set that verifies what `key` signs."""
    return {"keys": [{**key.as_dict(private=False), "use": "sig", "alg": "Ed25519"}]}


def discovery(issuer: str, base_url: str) -> dict[str, object]:
    """The OpenID Connect discovery document."""
    return {
        "issuer": issuer,
        "jwks_uri": f"{base_url}/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["Ed25519"],
    }


def mint(
    key: OKPKey,
    *,
    now: datetime,
    subject: str,
    roles: Sequence[Role],
    staff_no: str | None = None,
    branch: str | None = None,
    customer_id: UUID | None = None,
    life: timedelta = timedelta(hours=8),
    issuer: str = ISSUER,
    audience: str = AUDIENCE,
) -> str:
    """A token as a bank's identity provider would issue it, `life` long from `now`."""
    claims: dict[str, object] = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "roles": [role.value for role in roles],
        "iat": int(now.timestamp()),
        "exp": int((now + life).timestamp()),
    }
    optional = {"staff_no": staff_no, "branch": branch, "customer_id": str(customer_id) if customer_id else None}
    claims.update({name: value for name, value in optional.items() if value is not None})
    return jwt.encode({"alg": "Ed25519", "kid": key.kid}, claims, key, algorithms=["Ed25519"])
