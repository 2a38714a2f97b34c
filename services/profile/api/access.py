"""The access decision that the gateway asks for before it hands on a capability (H20)."""

from fastapi import APIRouter

from chassis.http import DatabaseDep, Now, operation
from contracts.http import AccessAnswer, AccessQuestion
from contracts.values import Scope
from services.profile.rules.access import Asker, Subject, decide
from services.profile.store.access import SUBJECT

router = APIRouter(tags=["access"])


@router.post("/v1/access/decisions", **operation(scope=Scope.ACCESS_DECIDE))
async def decide_access(question: AccessQuestion, database: DatabaseDep, now: Now) -> AccessAnswer:
    """May this person act on this customer for this purpose? The gateway records refusals."""
    row = await database.pool.fetchrow(SUBJECT, question.customer_id, question.staff_no, now)
    asker = Asker(
        roles=frozenset(question.roles),
        purpose=question.purpose,
        staff_no=question.staff_no,
        branch=question.branch,
        is_this_customer=question.own_customer_id == question.customer_id,
    )
    team = frozenset({question.staff_no}) if row and row["in_team"] and question.staff_no else frozenset()
    subject = Subject(branch=row["branch"], adviser_no=row["adviser_no"], team=team) if row else None
    decision = decide(asker, subject)
    return AccessAnswer(allowed=decision.allowed, rule=decision.rule)
