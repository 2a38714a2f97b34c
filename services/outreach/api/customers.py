"""Routes on customers: the plan of the coming weeks with its reasons, and what the tier owes."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import orjson
from asyncpg import Record
from fastapi import APIRouter, Query, Response

from chassis.http import DatabaseDep, PageDep, SessionDep, Today, operation
from chassis.pagination import Page, paged
from chassis.problems import Refusal
from contracts.values import RuleBroken, Scope
from services.outreach.policy import shipped
from services.outreach.rules.revision import State
from services.outreach.schemas import ObligationOut, Origin, PlanOut, RuleOut
from services.outreach.store import reading
from services.outreach.texts import channel_json, kind_json, kind_of, rule_json, rule_of, text_json

router = APIRouter(tags=["outreach"])


class RecipientUnknown(RuleBroken):
    """Outreach has not heard of this customer."""

    rule = "recipient-unknown"
    fix = "Wait until the customer's record or tier has arrived."


@router.get(
    "/v1/customers/{customer_id}/plan",
    response_model=PlanOut,
    **operation(scope=Scope.PLAN_READ, errors={RecipientUnknown: 404}),
)
async def read_plan(customer_id: UUID, database: DatabaseDep, today: Today) -> Response:
    """The customer's contacts of the coming four weeks, each with why it is there, and what waits without a contact."""
    cadence = shipped().cadence
    last = today + timedelta(days=cadence.horizon_days - 1)
    rows = await database.pool.fetch(reading.PLAN, customer_id, today, last)
    recipient = next((row for row in rows if row["what"] == "recipient"), None)
    if recipient is None:
        raise RecipientUnknown
    body = {
        "customer_id": customer_id,
        "tier": recipient["tier"],
        "plan_version": recipient["plan_version"],
        "policy_version": cadence.version,
        "first": today,
        "last": last,
        "contacts": _contacts(rows),
        "waiting": [_waiting(row) for row in rows if row["what"].startswith("waiting ")],
    }
    return Response(orjson.dumps(body), media_type="application/json")


def _contacts(rows: Sequence[Record]) -> list[dict[str, Any]]:  # Any: JSON in the making
    planned = [row for row in rows if row["what"] in {Origin.OBLIGATION, Origin.WISH}]
    return [_contact(row) for row in sorted(planned, key=lambda row: row["at"])]


def _contact(row: Record) -> dict[str, Any]:  # Any: JSON in the making
    bypass = row["bypass"]
    return {
        "contact_id": row["id"],
        "kind": kind_json(row["kind"]),
        "period": row["period"],
        "channel": row["channel"],
        "channel_text": channel_json(row["channel"]),
        "day": row["day"],
        "at": row["at"],
        "why": {
            "origin": row["what"],
            "text": text_json("origin", row["what"]),
            "signal_id": row["signal_id"],
            "placed": rule_json("placed_by", row["placed_by"]),
            "channel": rule_json("channel_reason", row["channel_reason"]),
            "calendar": rule_json("calendar", row["calendar"]),
            "bypass": None
            if bypass is None
            else {"rule": bypass, "text": text_json("bypass", bypass), "bypassed": row["bypassed"]},
        },
    }


def _waiting(row: Record) -> dict[str, Any]:  # Any: JSON in the making
    return {
        "kind": kind_json(row["kind"]),
        "period": row["period"],
        "origin": row["what"].removeprefix("waiting "),
        "first": row["day"],
        "last": row["last"],
        "why": rule_json("unplaced", row["channel"]),
    }


@router.get(
    "/v1/customers/{customer_id}/obligations",
    **operation(scope=Scope.PLAN_READ, errors={RecipientUnknown: 404}),
)
async def list_obligations(
    customer_id: UUID,
    session: SessionDep,
    page: PageDep,
    state: Annotated[State | None, Query(description="Only obligations in this state.")] = None,
) -> Page[ObligationOut]:
    """What the customer's tier owes in each period, latest period first, with what became of it (H10)."""
    if not await reading.known(session, customer_id):
        raise RecipientUnknown
    after = _cursor(page)
    rows = await reading.obligations(session, customer_id, state=state, after=after, limit=page.limit + 1)
    return paged(rows, limit=page.limit, item=_obligation, key=lambda row: (row["closes"].isoformat(), str(row["id"])))


def _obligation(row: Record) -> ObligationOut:
    return ObligationOut(
        obligation_id=row["id"],
        kind=kind_of(row["kind"]),
        period=row["period"],
        tier=row["tier"],
        first=row["opens"],
        last=row["closes"],
        target=row["target"],
        state=row["state"],
        state_text=shipped().texts["state"][row["state"]],
        why=_why(row),
        changed_at=row["changed_at"],
    )


def _why(row: Record) -> RuleOut | None:
    if row["reason"] is None:
        return None
    return rule_of("withdrawn" if row["state"] == State.WITHDRAWN else "unplaced", row["reason"])


def _cursor(page: PageDep) -> tuple[date, UUID] | None:
    if page.after is None:
        return None
    try:
        closes, obligation_id = page.after
        return date.fromisoformat(str(closes)), UUID(str(obligation_id))
    except ValueError:
        raise Refusal(422, "cursor-invalid", title="Not a cursor", field="query.cursor") from None
