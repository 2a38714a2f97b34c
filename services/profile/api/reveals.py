"""Identity fields whole, for somebody with a reason: asked for, granted, seen once. Every step and refusal is audited."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Database
from chassis.http import Caller, DatabaseDep, Now, SessionDep
from contracts.values import Outcome, RuleBroken, Scope
from services.profile.api.standing import KEYS, of_customer
from services.profile.keeping import reveals
from services.profile.keyring import VaultDep
from services.profile.rights import rights_policy
from services.profile.rights_schemas import RevealedOut, RevealGrantOut, RevealIn

router = APIRouter(tags=["reveals"])


@router.post(
    "/v1/customers/{customer_id}/reveals",
    status_code=201,
    **of_customer(scope=Scope.PROFILE_REVEAL, errors={reveals.PurposeNotAllowed: 422, reveals.TooManyReveals: 429}),
)
async def ask(
    customer_id: UUID, body: RevealIn, caller: Caller, session: SessionDep, database: DatabaseDep, now: Now
) -> RevealGrantOut:
    """Ask to see fields whole, with purpose and ticket. The grant is opened once, by the same person, within minutes."""
    policy = rights_policy().reveals
    try:
        reveal_id, until = await reveals.grant(
            session, customer_id=customer_id, subject=caller.subject, policy=policy, now=now, **dict(body)
        )
    except RuleBroken as refusal:
        await _refused(database, caller, "reveal.grant", customer_id, refusal)
        raise
    details: dict[str, int | str] = {"fields": len(set(body.fields)), "ticket": body.ticket, "reveal": str(reveal_id)}
    await audit(session, caller=caller, act="reveal.grant", customer_id=customer_id, purpose=body.purpose, details=details)
    return RevealGrantOut(reveal_id=reveal_id, until=until)


@router.get(
    "/v1/customers/{customer_id}/reveals/{reveal_id}",
    **of_customer(scope=Scope.PROFILE_REVEAL, errors={**KEYS, reveals.RevealUnknown: 404, reveals.RevealOver: 409}),
)
async def see(
    customer_id: UUID,
    reveal_id: UUID,
    response: Response,
    caller: Caller,
    session: SessionDep,
    database: DatabaseDep,
    vault: VaultDep,
    now: Now,
) -> RevealedOut:
    """The fields whole, this once; nothing on the way may keep the answer."""
    try:
        row = await reveals.use(session, reveal_id=reveal_id, customer_id=customer_id, subject=caller.subject, now=now)
    except RuleBroken as refusal:
        await _refused(database, caller, "reveal.open", customer_id, refusal)
        raise
    found = await reveals.values(session, customer_id=customer_id, fields=row["fields"], vault=vault)
    details: dict[str, int | str] = {"ticket": row["ticket"], "reveal": str(reveal_id)}
    details |= dict.fromkeys((f"field.{name}" for name in row["fields"]), 1)
    await audit(session, caller=caller, act="reveal.open", customer_id=customer_id, purpose=row["purpose"], details=details)
    response.headers["Cache-Control"] = "no-store"
    return RevealedOut.model_validate(found)


async def _refused(database: Database, caller: Capability, act: str, customer_id: UUID, refusal: RuleBroken) -> None:
    """The refusal's audit entry, in a transaction of its own: the request's is undone."""
    async with database.begin() as session:
        await audit(session, caller=caller, act=act, customer_id=customer_id, outcome=Outcome.REFUSED, rule=refusal.rule)
