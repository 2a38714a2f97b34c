"""Tokens of the local identity provider of a suite, for development and demos."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from chassis.clock import Clock
from contracts.values import Role
from gateway.issuer import load_key, mint
from steward.failures import Failure
from steward.suite import KeyFiles


class NoLocalIssuer(Failure):
    """The suite has no local identity provider, or was never started."""


def local_token(
    folder: Path,
    *,
    roles: Sequence[Role],
    subject: str = "operator",
    staff_no: str | None = None,
    branch: str | None = None,
    customer_id: UUID | None = None,
    life: timedelta = timedelta(hours=8),
) -> str:
    """A bearer token that the gateway of the suite in `folder` accepts. Raises `NoLocalIssuer`."""
    path = KeyFiles(folder / "keys").issuer_key
    try:
        key = load_key(path)
    except (OSError, ValueError) as error:
        raise NoLocalIssuer(f"no key of a local identity provider at {path}: run `steward up` or `steward keys`") from error
    return mint(
        key,
        now=Clock().now(),
        subject=subject,
        roles=roles,
        staff_no=staff_no,
        branch=branch,
        customer_id=customer_id,
        life=life,
    )
