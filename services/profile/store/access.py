"""Who may act on whom: what is known of the customer, and the teams of open cases."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.auth import Capability
from chassis.database import Session, driver
from contracts.events.gateway import TeamAssembled
from contracts.values import Reach

SUBJECT = """
SELECT c.branch, c.adviser_no,
    EXISTS (SELECT FROM assignment t WHERE t.customer_id = c.id AND t.staff_no = $2 AND t.until > $3) AS in_team
FROM customer c WHERE c.id = $1
"""
"""One read for an access decision: customer id, the asker's staff number, now. For the pool."""


async def replace_team(session: Session, event: TeamAssembled) -> None:
    """The team of a case, unless the case is closed already."""
    connection = await driver(session)
    await connection.execute("DELETE FROM assignment WHERE case_id = $1", event.case_id)
    await connection.execute(
        "INSERT INTO assignment (case_id, staff_no, customer_id, department, lead, until, version)"
        " SELECT $1, m.staff_no, $2, m.department, m.lead, $3, $4"
        " FROM unnest($5::text[], $6::text[], $7::boolean[]) AS m(staff_no, department, lead)"
        " WHERE NOT EXISTS (SELECT FROM closed_case WHERE case_id = $1) ON CONFLICT DO NOTHING",
        event.case_id,
        event.customer_id,
        event.until,
        event.version,
        [member.staff_no for member in event.members],
        [member.department.value for member in event.members],
        [member.lead for member in event.members],
    )


async def close_cases(session: Session, case_ids: Sequence[UUID], *, now: datetime) -> None:
    """Take the teams' access, and remember the cases: their teams may be told of later."""
    connection = await driver(session)
    await connection.execute(
        "INSERT INTO closed_case (case_id, closed_at) SELECT unnest($1::uuid[]), $2 ON CONFLICT DO NOTHING", list(case_ids), now
    )
    await connection.execute("DELETE FROM assignment WHERE case_id = ANY($1)", list(case_ids))


async def within(session: Session, customer: asyncpg.Record, caller: Capability, *, now: datetime) -> bool:
    """Whether a found customer lies within the caller's reach."""
    if caller.reach is Reach.ALL:
        return True
    if caller.reach is Reach.BRANCH:
        return caller.branch is not None and caller.branch == customer["branch"]
    if caller.staff_no is None:
        return bool(caller.customer == customer["id"])
    if caller.staff_no == customer["adviser_no"]:
        return True
    row = await (await driver(session)).fetchrow(SUBJECT, customer["id"], caller.staff_no, now)
    return bool(row and row["in_team"])
