"""Consents and refusals of a customer (PIPL art. 23, 24, 29). Reads and words are audited."""

from uuid import UUID

from fastapi import APIRouter

from chassis.audit import audit
from chassis.http import Caller, Now, SessionDep
from contracts.values import Role, Scope
from services.profile import actions
from services.profile.api.standing import of_customer
from services.profile.rights import rights_policy
from services.profile.rights_schemas import ConsentIn, ConsentOut, ConsentsOut, SpokenOut
from services.profile.rules import consents as rules
from services.profile.rules.standing import CustomerRestricted

router = APIRouter(tags=["consents"])

MOST_WORDS = 500


@router.get("/v1/customers/{customer_id}/consents", **of_customer(scope=Scope.PROFILE_READ))
async def read_consents(customer_id: UUID, caller: Caller, session: SessionDep) -> ConsentsOut:
    """What the customer agreed to and refused, by purpose and channel, with its evidence."""
    rows = await actions.current_consents(session, customer_id=customer_id)
    await audit(session, caller=caller, act="consents.read", customer_id=customer_id)
    return ConsentsOut(items=[ConsentOut(**row) for row in rows])


@router.get("/v1/customers/{customer_id}/consents/history", **of_customer(scope=Scope.PROFILE_READ))
async def read_consent_history(customer_id: UUID, caller: Caller, session: SessionDep) -> list[SpokenOut]:
    """The newest 500 words of the record, also those spoken under records that were merged into this one."""
    rows = await actions.all_consents(session, customer_id=customer_id, limit=MOST_WORDS)
    await audit(session, caller=caller, act="consents.history", customer_id=customer_id)
    return [SpokenOut(**row) for row in rows]


@router.put(
    "/v1/customers/{customer_id}/consents",
    **of_customer(
        scope=Scope.PROFILE_WRITE,
        errors={
            rules.EvidenceMissing: 422,
            rules.EvidenceIdentifies: 422,
            rules.ConsentNotSeparate: 422,
            rules.SourceNotYours: 403,
            CustomerRestricted: 409,
        },
    ),
)
async def put_consent(customer_id: UUID, body: ConsentIn, caller: Caller, session: SessionDep, now: Now) -> ConsentsOut:
    """Note a consent or a refusal; what the customer said before stays in the record."""
    by_customer, policy = Role.CUSTOMER in caller.roles, rights_policy().consents
    source = body.source or ("app" if by_customer else rules.UNRECORDED)
    word = rules.Word(**{**dict(body), "source": source})
    clause = policy.clause_of(word.purpose)
    rules.check_word(word, clause=clause, self_evident=policy.self_evident, by_customer=by_customer)
    await actions.set_consent(session, customer_id=customer_id, word=word, now=now)
    details: dict[str, int | str] = {"purpose": word.purpose, "granted": int(word.granted), "source": word.source}
    await audit(session, caller=caller, act="consent.set", customer_id=customer_id, details=details)
    rows = await actions.current_consents(session, customer_id=customer_id)
    return ConsentsOut(items=[ConsentOut(**row) for row in rows])
