"""HTTP to action. There is no route that takes points off an account or turns them into anything else (H29)."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.http import Caller, Now, PageDep, SessionDep, Today, operation
from chassis.pagination import Page, paged
from contracts.values import CursorForeign, Scope
from services.referral import actions, reading
from services.referral.actions import CustomerUnknown, NoActiveCode
from services.referral.models import Entry, Referral, ReferralCode, Transfer
from services.referral.rules.codes import spoken
from services.referral.schemas import (
    CampaignCount,
    CampaignOut,
    CampaignsOut,
    CodeOut,
    EntryOut,
    PointsOut,
    PointsSummary,
    ReferralOut,
    RefusalCount,
)

router = APIRouter(tags=["referral"])

_LARGEST_SEQUENCE = 2**63 - 1


@router.post(
    "/v1/customers/{customer_id}/referral-code",
    status_code=201,
    **operation(
        scope=Scope.REFERRAL_WRITE,
        errors={CustomerUnknown: 404},
        responses={200: {"model": CodeOut, "description": "the code that the customer has already"}},
    ),
)
async def issue_referral_code(customer_id: UUID, response: Response, caller: Caller, session: SessionDep, now: Now) -> CodeOut:
    """Give the customer a code to hand to friends; who has one gets the same again (H28)."""
    code, is_new = await actions.issue_code(session, customer_id=customer_id, caller=caller, now=now)
    response.status_code = 201 if is_new else 200
    return _code(code)


@router.get("/v1/customers/{customer_id}/referral-code", **operation(scope=Scope.REFERRAL_READ, errors={NoActiveCode: 404}))
async def read_referral_code(customer_id: UUID, caller: Caller, session: SessionDep) -> CodeOut:
    """The customer's active code."""
    return _code(await actions.read_code(session, customer_id=customer_id, caller=caller))


@router.delete(
    "/v1/customers/{customer_id}/referral-code",
    status_code=204,
    **operation(scope=Scope.REFERRAL_WRITE, errors={NoActiveCode: 404}),
)
async def withdraw_referral_code(customer_id: UUID, caller: Caller, session: SessionDep, now: Now) -> None:
    """Take the active code back; registrations with it are no longer rewarded, and a new one can be asked for."""
    await actions.withdraw_code(session, customer_id=customer_id, caller=caller, now=now)


@router.get("/v1/customers/{customer_id}/points", **operation(scope=Scope.REFERRAL_READ, errors={CursorForeign: 422}))
async def read_points(customer_id: UUID, page: PageDep, caller: Caller, session: SessionDep) -> PointsOut:
    """The customer's points and the entries that made them, newest first."""
    points = await reading.read_points(
        session, customer_id=customer_id, before=_sequence(page.after), limit=page.limit, caller=caller
    )
    entries = paged(points.entries, limit=page.limit, item=_entry, key=lambda row: (row[0].sequence or 0,))
    return PointsOut(customer_id=customer_id, balance=points.balance, entries=entries)


@router.get("/v1/customers/{customer_id}/referrals", **operation(scope=Scope.REFERRAL_READ, errors={CursorForeign: 422}))
async def read_referrals(customer_id: UUID, page: PageDep, caller: Caller, session: SessionDep) -> Page[ReferralOut]:
    """What became of the registrations that named the customer's code, newest first."""
    found = await reading.read_referrals(
        session, customer_id=customer_id, before=_id(page.after), limit=page.limit, caller=caller
    )
    return paged(found, limit=page.limit, item=_referral, key=lambda row: (str(row.referral_id),))


@router.get("/v1/campaigns", **operation(scope=Scope.REFERRAL_READ))
async def read_campaigns(session: SessionDep, today: Today) -> CampaignsOut:
    """The campaign that rewards a registration of today, in the words that customers may read (H30)."""
    running = await reading.running_campaign(session, today=today)
    return CampaignsOut(items=[] if running is None else [CampaignOut(**running.model_dump(include=_SHOWN))])


@router.get("/v1/summary/points", **operation(scope=Scope.SUMMARY_READ))
async def summarize_points(session: SessionDep) -> PointsSummary:
    """Points outstanding, and how referrals ended, by campaign and by rule."""
    totals = await reading.total(session)
    return PointsSummary(
        outstanding=totals.outstanding,
        accounts=totals.accounts,
        transfers=totals.transfers,
        rewarded=[CampaignCount(campaign=row.campaign, rewarded=row.referrals) for row in totals.tallies if row.campaign],
        refused=[RefusalCount(rule=row.rule, refused=row.referrals) for row in totals.tallies if row.rule],
    )


_SHOWN = set(CampaignOut.model_fields)


def _code(code: ReferralCode) -> CodeOut:
    return CodeOut(customer_id=code.customer_id, code=spoken(code.code), issued_at=code.issued_at)


def _entry(row: tuple[Entry, Transfer]) -> EntryOut:
    entry, transfer = row
    return EntryOut(
        transfer_id=transfer.transfer_id,
        reference=transfer.reference,
        amount=entry.amount,
        balance_after=entry.balance_after or 0,
        occurred_at=transfer.occurred_at,
    )


def _referral(referral: Referral) -> ReferralOut:
    return ReferralOut(
        referral_id=referral.referral_id,
        status="refused" if referral.rule else "rewarded",
        rule=referral.rule,
        points=referral.points_each or 0,
        campaign=referral.campaign,
        day=referral.day,
    )


def _sequence(key: Sequence[str | int] | None) -> int | None:
    match key:
        case None:
            return None
        case [int(sequence)] if 0 <= sequence <= _LARGEST_SEQUENCE:
            return sequence
    raise CursorForeign(field="query.cursor")


def _id(key: Sequence[str | int] | None) -> UUID | None:
    match key:
        case None:
            return None
        case [str(text)]:
            try:
                return UUID(text)
            except ValueError:
                pass
    raise CursorForeign(field="query.cursor")
