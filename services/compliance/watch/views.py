"""Rows to answers."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from chassis.database import Session
from services.compliance.watch.models import AlertContact, AlertRung, AnnouncedOutflow, FreezeRequest, RiskAlert
from services.compliance.watch.policy import Text, shipped
from services.compliance.watch.rules import AlertOutcome, Step
from services.compliance.watch.schemas import (
    AlertOut,
    AlertRow,
    AnnouncementOut,
    CauseOut,
    ContactOut,
    FreezeOut,
    RungOut,
)
from services.compliance.watch.script import part_of, script_of
from services.compliance.watch.store import alerts as store

_SHARE = 10_000


def alert_row(alert: RiskAlert, now: datetime) -> AlertRow:
    """An alert in a list."""
    return AlertRow.model_validate(_row(alert, now))


async def alert_out(session: Session, alert: RiskAlert, now: datetime) -> AlertOut:
    """An alert whole."""
    await session.flush()
    part = part_of(alert)
    freeze = await store.freeze_of(session, alert.id)
    return AlertOut.model_validate(
        {
            **_row(alert, now),
            "account_ids": alert.account_ids,
            "count": alert.count,
            "policy_version": alert.policy_version,
            "source": part.source,
            "script": script_of(alert),
            "outcomes": [] if alert.closed_at else part.outcomes,
            "reasons": part.reasons,
            "rungs": _rungs(await store.rungs(session, alert.id)),
            "contacts": [_contact(contact) for contact in await store.contacts(session, alert.id)],
            "freeze": None if freeze is None else _freeze(freeze),
        }
    )


def _row(alert: RiskAlert, now: datetime) -> dict[str, object]:
    met = [moment for moment in (alert.contacted_at, alert.closed_at) if moment is not None]
    kept = alert.model_dump(include=set(AlertRow.model_fields))
    overdue = min(met, default=now) > alert.due_at
    return {**kept, "alert_id": alert.id, "owner": alert.owner_kind, "overdue": overdue}


def _rungs(rungs: Sequence[AlertRung]) -> list[RungOut]:
    texts = {rung.step: rung.text for rung in shipped().rungs}
    steps = [(rung, Step(rung.step)) for rung in rungs]
    return [
        RungOut(percent=rung.percent, step=step, text=texts.get(step, Text(zh=step, en=step)), fired_at=rung.fired_at)
        for rung, step in steps
    ]


def _contact(contact: AlertContact) -> ContactOut:
    return ContactOut.model_validate({**contact.model_dump(), "contact_id": contact.id})


def _freeze(freeze: FreezeRequest) -> FreezeOut:
    return FreezeOut(
        freeze_id=freeze.id,
        state=freeze.state,
        attempts=freeze.attempts,
        last_answer=freeze.last_answer,
        requested_at=freeze.requested_at,
        ended_at=freeze.ended_at,
        notice=shipped().freeze.notice,
    )


def announcement_out(row: AnnouncedOutflow) -> AnnouncementOut:
    """An announcement."""
    return AnnouncementOut(
        announcement_id=row.id,
        purpose=row.purpose,
        first=row.first,
        last=row.last,
        up_to_fen=row.up_to_fen,
        used_fen=row.used_fen,
        announced_at=row.announced_at,
    )


def cause_out(row: asyncpg.Record) -> CauseOut:
    """The alerts of one kind in numbers."""
    looked_at = sum(
        row[outcome] for outcome in (AlertOutcome.EXPLAINED, AlertOutcome.FRAUD_SUSPECTED, AlertOutcome.REASSESSMENT_OFFERED)
    )
    return CauseOut.model_validate(
        {
            **dict(row),
            "within_time_bp": _share(row["contacted_in_time"], row["measured"]),
            "false_alarms_bp": _share(row["explained"], looked_at),
        }
    )


def _share(part: int, whole: int) -> int | None:
    return part * _SHARE // whole if whole else None
