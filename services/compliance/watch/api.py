"""HTTP to action: the alerts of the watch, announcements, and the report (H25, H26)."""

from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from chassis.http import Caller, Now, PageDep, SessionDep, Today, forbidden, operation
from chassis.pagination import Page, paged
from contracts.values import CursorForeign, Reach, RuleBroken, Scope, SignalKind
from services.compliance.watch import actions, policy, rules
from services.compliance.watch.models import RiskAlert
from services.compliance.watch.schemas import (
    AlertOut,
    AlertRow,
    AlertSummary,
    AnnouncementIn,
    AnnouncementOut,
    ContactIn,
    OutcomeIn,
    OwnerIn,
)
from services.compliance.watch.store import alerts as store
from services.compliance.watch.views import alert_out, alert_row, announcement_out, cause_out

router = APIRouter(tags=["watch"])

_MOST_ANNOUNCEMENTS = 200
_MOST_DAYS = 366


class AlertUnknown(RuleBroken):
    """There is no alert of this id."""

    rule = "alert-unknown"
    fix = "Take the id from GET /v1/alerts."


class ReportPeriodWrong(RuleBroken):
    """The report is asked for days that are no period, or too many."""

    rule = "report-period"
    fix = "Give first and last in order, at most 366 days."


@router.get("/v1/alerts", **operation(scope=Scope.ALERT_READ, errors={CursorForeign: 422}))
async def list_alerts(
    caller: Caller,
    session: SessionDep,
    page: PageDep,
    now: Now,
    state: Annotated[Literal["open", "closed", "all"], Query(description="Open alerts only, unless said otherwise.")] = "open",
    kind: SignalKind | None = None,
    customer: Annotated[UUID | None, Query(description="Alerts of one customer.")] = None,
) -> Page[AlertRow]:
    """Alerts, the newest first: of the caller's customers and those handed to the caller, of the branch, or all."""
    rows = await store.page(
        session,
        caller,
        is_open=None if state == "all" else state == "open",
        kind=kind,
        customer_id=customer,
        before=_before(page),
        limit=page.limit + 1,
    )
    details = {"alerts": min(len(rows), page.limit)}
    await audit(session, caller=caller, act="alert.list", customer_id=customer, details=details)
    return paged(rows, limit=page.limit, item=lambda row: alert_row(row, now), key=lambda row: (str(row.id),))


@router.get("/v1/alerts/{alert_id}", **operation(scope=Scope.ALERT_READ, errors={AlertUnknown: 404}))
async def read_alert(alert_id: UUID, caller: Caller, session: SessionDep, now: Now) -> AlertOut:
    """An alert with its clock, the attempts to reach the customer, what to say, and how it may end."""
    alert = await _found(session, alert_id, caller)
    await audit(session, caller=caller, act="alert.read", customer_id=alert.customer_id, details={"alert_id": str(alert_id)})
    return await alert_out(session, alert, now)


@router.post(
    "/v1/alerts/{alert_id}/owner",
    **operation(scope=Scope.ALERT_WRITE, errors={AlertUnknown: 404, rules.AlertClosed: 409}),
)
async def assign_alert(alert_id: UUID, body: OwnerIn, caller: Caller, session: SessionDep, now: Now) -> AlertOut:
    """Give an alert to a person, whose clock goes on."""
    alert = await _found(session, alert_id, caller, locked=True)
    await actions.assign(session, alert, staff_no=body.staff_no, caller=caller)
    return await alert_out(session, alert, now)


@router.post(
    "/v1/alerts/{alert_id}/contacts",
    **operation(scope=Scope.ALERT_WRITE, errors={AlertUnknown: 404, rules.AlertClosed: 409}),
)
async def record_contact(alert_id: UUID, body: ContactIn, caller: Caller, session: SessionDep, now: Now) -> AlertOut:
    """Record an attempt to reach the customer; the first that did stops the clock (H25)."""
    alert = await _found(session, alert_id, caller, locked=True)
    await actions.record_contact(
        session, alert, channel=body.channel, result=body.result, rules=policy.rules(), caller=caller, now=now
    )
    return await alert_out(session, alert, now)


@router.post(
    "/v1/alerts/{alert_id}/outcome",
    **operation(
        scope=Scope.ALERT_WRITE,
        errors={
            AlertUnknown: 404,
            rules.AlertClosed: 409,
            rules.AlreadyEscalated: 409,
            rules.ContactMissing: 409,
            rules.AttemptsMissing: 409,
            rules.AdviceMissing: 422,
            rules.OutcomeNotOfKind: 422,
            rules.ReasonUnknown: 422,
        },
    ),
)
async def record_outcome(alert_id: UUID, body: OutcomeIn, caller: Caller, session: SessionDep, now: Now) -> AlertOut:
    """End an alert; suspected fraud asks the core bank for a freeze, an unreachable customer escalates it to the branch."""
    alert = await _found(session, alert_id, caller, locked=True)
    await actions.record_outcome(
        session,
        alert,
        outcome=body.outcome,
        reason=body.reason,
        advice_given=body.advice_given,
        rules=policy.rules(),
        caller=caller,
        now=now,
    )
    return await alert_out(session, alert, now)


@router.post(
    "/v1/customers/{customer_id}/announced-outflows",
    status_code=201,
    **operation(
        scope=Scope.ALERT_WRITE,
        errors={rules.PurposeUnknown: 422, rules.PeriodNotAnnounceable: 422, rules.AmountTooHigh: 422},
    ),
)
async def announce_outflow(
    customer_id: UUID, body: AnnouncementIn, caller: Caller, session: SessionDep, today: Today, now: Now
) -> AnnouncementOut:
    """Note an outflow that the customer announced: it raises no alarm on these days, up to the amount altogether."""
    row = await actions.announce(
        session, customer_id=customer_id, **body.model_dump(), rules=policy.rules(), caller=caller, today=today, now=now
    )
    return announcement_out(row)


@router.get("/v1/customers/{customer_id}/announced-outflows", **operation(scope=Scope.ALERT_READ))
async def list_announced_outflows(customer_id: UUID, caller: Caller, session: SessionDep) -> list[AnnouncementOut]:
    """What the customer announced, the newest first, and how much of it was used."""
    await audit(session, caller=caller, act="outflow.announcements_read", customer_id=customer_id)
    return [announcement_out(row) for row in await store.announcements(session, customer_id, limit=_MOST_ANNOUNCEMENTS)]


@router.get("/v1/summary/alerts", **operation(scope=Scope.SUMMARY_READ, errors={ReportPeriodWrong: 422}))
async def summarize_alerts(
    caller: Caller,
    session: SessionDep,
    today: Today,
    now: Now,
    first: Annotated[date | None, Query(description="First day of the signals; 29 days before the last, if left out.")] = None,
    last: Annotated[date | None, Query(description="Last day; today, if left out.")] = None,
) -> AlertSummary:
    """Alerts by cause, time to contact, share in time and share of false alarms: of the caller's branch, or the bank."""
    if caller.reach not in {Reach.ALL, Reach.BRANCH} or (caller.reach is Reach.BRANCH and not caller.branch):
        raise forbidden("summary-beyond-reach", fix="Summaries are for those who see a branch or the whole bank.")
    end = last or today
    start = first or end - timedelta(days=29)
    if not 0 <= (end - start).days < _MOST_DAYS:
        raise ReportPeriodWrong(field="query.first")
    branch = caller.branch if caller.reach is Reach.BRANCH else None
    rows = await store.summary(session, first=start, last=end, branch=branch, now=now)
    return AlertSummary(branch=branch, first=start, last=end, causes=[cause_out(row) for row in rows])


async def _found(session: Session, alert_id: UUID, caller: Capability, *, locked: bool = False) -> RiskAlert:
    """The alert within the caller's reach. Who does not see everything is refused alike for alerts of others and for none: which
    alerts exist is not theirs to learn. Raises `AlertUnknown` and `Refusal` 403."""
    alert = await store.visible(session, alert_id, caller, locked=locked)
    if alert is not None:
        return alert
    if caller.reach is Reach.ALL:
        raise AlertUnknown
    raise forbidden("alert-not-within-reach", fix="Ask the branch of the customer, or compliance.")


def _before(page: PageDep) -> UUID | None:
    if page.after is None:
        return None
    try:
        (alert_id,) = page.after
        return UUID(str(alert_id))
    except ValueError:
        raise CursorForeign(field="query.cursor") from None
