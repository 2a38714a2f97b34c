"""Routes of one customer: the record must stand for a person; one that was merged leads to the surviving record."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import Depends, Request

from chassis.database import driver
from chassis.http import Documented, SessionDep, operation
from chassis.problems import Refusal
from contracts.values import RuleBroken, Scope
from services.profile.masters import MastersUnavailable
from services.profile.rules.standing import CustomerForgotten, CustomerMerged, CustomerUnknown

MOVED = 308
GONE: dict[type[RuleBroken], int] = {CustomerUnknown: 404, CustomerForgotten: 410, CustomerMerged: MOVED}
KEYS: dict[type[RuleBroken], int] = {MastersUnavailable: 503}
"""For routes that open or seal identity fields."""


async def _stands(request: Request, customer_id: UUID, session: SessionDep) -> None:
    row = await (await driver(session)).fetchrow(
        "SELECT merged_into, forgotten_at IS NOT NULL AS forgotten FROM customer WHERE id = $1", customer_id
    )
    if row is None:
        raise CustomerUnknown
    if row["forgotten"]:
        raise CustomerForgotten
    if row["merged_into"] is not None:
        raise _elsewhere(request, customer_id, row["merged_into"])


def _elsewhere(request: Request, merged: UUID, surviving: UUID) -> Refusal:
    place = request.url.path.replace(str(merged), str(surviving), 1)
    query = f"?{request.url.query}" if request.url.query else ""
    return Refusal(MOVED, CustomerMerged.rule, title="Merged", fix=CustomerMerged.fix, headers={"Location": place + query})


def of_customer(
    *, scope: Scope, errors: Mapping[type[RuleBroken], int] | None = None, **extra: Any
) -> Documented:  # Any: as `operation`
    """`operation` for a route of `/v1/customers/{customer_id}`: 404, 410 when forgotten, 308 when merged."""
    return operation(scope=scope, errors={**GONE, **(errors or {})}, dependencies=[Depends(_stands)], **extra)
