"""Freeze requests to the core bank: made with the outcome, taken for an attempt, ended (Anti-Telecom-Fraud Law art. 18)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import orjson

from chassis.audit import audit
from chassis.database import Session, driver
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.events.compliance import FreezeChanged
from contracts.values import Purpose
from services.compliance.watch.models import FreezeRequest, RiskAlert

DELIVERY = "compliance.watch.freeze"
"""The actor of deliveries."""

AT_ONCE = 10
"""Requests that are on their way at the same time."""

_TAKE = """
UPDATE freeze_request f SET attempts = f.attempts + 1, next_at = $2
FROM (SELECT id FROM freeze_request WHERE state = 'queued' AND next_at <= $1 ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED) d,
    risk_alert a
WHERE f.id = d.id AND a.id = f.alert_id
RETURNING f.id, f.alert_id, a.customer_id, f.body, f.attempts
"""
_END = """
UPDATE freeze_request SET state = $3, last_answer = $4, next_at = $5, ended_at = CASE WHEN $3 <> 'queued' THEN $6::timestamptz END
WHERE id = $1 AND attempts = $2 AND state = 'queued' RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that is to be sent now, for the `number`th time."""

    id: UUID
    alert_id: UUID
    customer_id: UUID
    body: bytes
    number: int


def members(body: bytes) -> set[str]:
    """The names of all members of a request, inner ones too."""
    document = orjson.loads(body)
    return {*document, *document["data"]}


async def request_freeze(session: Session, alert: RiskAlert, *, now: datetime) -> None:
    """Queue the request in the transaction of the outcome. It names the transactions by the core bank's own numbers."""
    freeze_id = new_id()
    body = {
        "type": "freeze.requested",
        "timestamp": now.isoformat(),
        "data": {
            "freeze_id": str(freeze_id),
            "alert_id": str(alert.id),
            "reason": "telecom_fraud_suspected",
            "transactions": alert.transactions,
            "day": alert.day.isoformat(),
            "amount_fen": alert.amount_fen,
        },
    }
    row = FreezeRequest(id=freeze_id, alert_id=alert.id, body=orjson.dumps(body), state="queued", next_at=now, requested_at=now)
    session.add(row)
    await emit(session, _told(row.id, alert.id, alert.customer_id, "queued", 0))


async def take_due(session: Session, *, now: datetime, lease: timedelta) -> list[Attempt]:
    """Take the requests whose turn it is. Whoever dies with one leaves it to others once `lease` is over: it is then sent
    again under the same id."""
    connection = await driver(session)
    rows = await connection.fetch(_TAKE, now, now + lease, AT_ONCE)
    return [Attempt(row["id"], row["alert_id"], row["customer_id"], row["body"], row["attempts"]) for row in rows]


async def end_attempt(
    session: Session, attempt: Attempt, *, taken: bool, answer: str, pauses: tuple[int, ...], now: datetime
) -> None:
    """Note how an attempt ended: taken by the core bank, to be repeated after the next of `pauses` (seconds), or given up.

    `answer` is a status or the name of a fault, never words of the other side.
    """
    more = not taken and attempt.number <= len(pauses)
    state: Literal["queued", "delivered", "failed"] = "delivered" if taken else "queued" if more else "failed"
    next_at = now + timedelta(seconds=pauses[attempt.number - 1]) if more else now
    connection = await driver(session)
    if await connection.fetchval(_END, attempt.id, attempt.number, state, answer, next_at, now) is None or more:
        return
    await emit(session, _told(attempt.id, attempt.alert_id, attempt.customer_id, state, attempt.number))
    details: dict[str, int | str] = {"freeze_id": str(attempt.id), "state": state, "attempts": attempt.number, "answer": answer}
    await audit(
        session,
        caller=DELIVERY,
        act="freeze.ended",
        customer_id=attempt.customer_id,
        purpose=Purpose.RISK,
        details=details,
    )


def _told(
    freeze_id: UUID, alert_id: UUID, customer_id: UUID, state: Literal["queued", "delivered", "failed"], attempts: int
) -> FreezeChanged:
    return FreezeChanged(
        freeze_id=freeze_id,
        customer_id=customer_id,
        version=1 if state == "queued" else 2,
        alert_id=alert_id,
        state=state,
        attempts=attempts,
    )
