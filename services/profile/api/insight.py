"""What is known of a customer beside the record: accounts, facts, measures, signals, consents. Reads are audited."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter

from chassis.audit import audit
from chassis.http import Caller, Now, PageDep, SessionDep, operation
from chassis.pagination import Page, paged
from contracts.values import Reach, RuleBroken, Scope
from services.profile import actions
from services.profile.actions.change import CustomerUnknown
from services.profile.api.masked import account_out
from services.profile.keyring import VaultDep
from services.profile.schemas import (
    AccountOut,
    ConsentIn,
    ConsentOut,
    ConsentsOut,
    FactOut,
    MeasuresOut,
    SignalCountOut,
    SignalOut,
)
from services.profile.store import customers, reads

router = APIRouter(tags=["customers"])


class NoMeasures(RuleBroken):
    """Nothing was computed for this customer, or not for that day."""

    rule = "no-measures"
    fix = "Start a computation with POST /v1/measures/runs, or ask for another day."


@router.get("/v1/customers/{customer_id}/accounts", **operation(scope=Scope.PROFILE_READ, errors={CustomerUnknown: 404}))
async def read_accounts(customer_id: UUID, caller: Caller, session: SessionDep, vault: VaultDep) -> list[AccountOut]:
    """Accounts with their latest closing balance, card numbers masked."""
    holder = await customers.find(session, customer_id)
    if holder is None:
        raise CustomerUnknown
    rows = await reads.accounts(session, customer_id)
    await audit(session, caller=caller, act="accounts.read", customer_id=customer_id, details={"accounts": len(rows)})
    return [account_out(row, holder, vault, caller) for row in rows]


@router.get("/v1/customers/{customer_id}/facts", **operation(scope=Scope.PROFILE_READ))
async def read_facts(customer_id: UUID, caller: Caller, session: SessionDep) -> list[FactOut]:
    """What is known about the customer: children, business, role at work."""
    rows = await reads.facts(session, customer_id)
    await audit(session, caller=caller, act="facts.read", customer_id=customer_id)
    return [FactOut(**row) for row in rows]


@router.get("/v1/customers/{customer_id}/measures", **operation(scope=Scope.PROFILE_READ, errors={NoMeasures: 404}))
async def read_measures(customer_id: UUID, caller: Caller, session: SessionDep, as_of: date | None = None) -> MeasuresOut:
    """The four dimensions of H1, of a day or the latest."""
    row = await reads.measures(session, customer_id, as_of)
    if row is None:
        raise NoMeasures
    await audit(session, caller=caller, act="measures.read", customer_id=customer_id)
    return MeasuresOut(**row)


@router.get("/v1/customers/{customer_id}/signals", **operation(scope=Scope.PROFILE_READ))
async def read_signals(customer_id: UUID, caller: Caller, session: SessionDep, page: PageDep) -> Page[SignalOut]:
    """Needs and events found in the customer's data, newest first."""
    rows = await reads.signals(session, customer_id, after=UUID(str(page.after[0])) if page.after else None, limit=page.limit)
    await audit(session, caller=caller, act="signals.read", customer_id=customer_id)

    def item(row: reads.Row) -> SignalOut:
        return SignalOut(
            signal_id=row["id"],
            kind=row["kind"],
            as_of=row["as_of"],
            confidence_bp=row["confidence_bp"],
            evidence=row["evidence"],
        )

    return paged(rows, limit=page.limit, item=item, key=lambda row: (str(row["id"]),))


@router.get("/v1/customers/{customer_id}/consents", **operation(scope=Scope.PROFILE_READ))
async def read_consents(customer_id: UUID, caller: Caller, session: SessionDep) -> ConsentsOut:
    """What the customer agreed to and refused, by purpose and channel (PIPL art. 23, 24)."""
    rows = await actions.current_consents(session, customer_id=customer_id)
    await audit(session, caller=caller, act="consents.read", customer_id=customer_id)
    return ConsentsOut(items=[ConsentOut(**row) for row in rows])


@router.put("/v1/customers/{customer_id}/consents", **operation(scope=Scope.PROFILE_WRITE, errors={CustomerUnknown: 404}))
async def put_consent(customer_id: UUID, body: ConsentIn, caller: Caller, session: SessionDep, now: Now) -> ConsentsOut:
    """Note a consent or a refusal; what the customer said before stays in the record."""
    await actions.set_consent(
        session, customer_id=customer_id, purpose=body.purpose, channel=body.channel, granted=body.granted, now=now
    )
    details: dict[str, int | str] = {"purpose": body.purpose, "granted": int(body.granted)}
    await audit(session, caller=caller, act="consent.set", customer_id=customer_id, details=details)
    rows = await actions.current_consents(session, customer_id=customer_id)
    return ConsentsOut(items=[ConsentOut(**row) for row in rows])


@router.get("/v1/summary/signals", **operation(scope=Scope.SUMMARY_READ))
async def summarise_signals(caller: Caller, session: SessionDep, since: date | None = None) -> list[SignalCountOut]:
    """Signals by kind: of the latest computed day, or of all days from `since` on; of the caller's branch or of all."""
    branch = None if caller.reach is Reach.ALL else caller.branch or ""
    return [SignalCountOut(**row) for row in await reads.signal_counts(session, since=since, branch=branch)]
