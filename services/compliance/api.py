"""HTTP to action: the audit log, read only. Nothing here writes to it."""

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from chassis.http import Caller, PageDep, SessionDep, forbidden, operation
from chassis.pagination import Page, PageQuery, paged
from contracts.values import CursorForeign, Outcome, Reach, Scope
from services.compliance import actions
from services.compliance.models import AuditCount, AuditEntry
from services.compliance.retention.policy import retention
from services.compliance.rules import NoSuchWindow, place_key, place_of
from services.compliance.schemas import ActCount, AuditSummary, EntryOut, SearchQuery, ServiceCount
from services.compliance.store import Place, Search

router = APIRouter(tags=["audit"])


@router.get("/v1/audit/entries", **operation(scope=Scope.AUDIT_READ, errors={NoSuchWindow: 422, CursorForeign: 422}))
async def search_audit_log(
    query: Annotated[SearchQuery, Depends()], page: PageDep, caller: Caller, session: SessionDep
) -> Page[EntryOut]:
    """Audited acts of all services, newest first, by customer, actor, act, service, outcome and time of the act."""
    if caller.reach is not Reach.ALL:
        raise forbidden(
            "log-not-within-reach", fix="Read one customer's entries, or come with a capability that covers all customers."
        )
    found = await actions.search_entries(session, search=query.search, after=_after(page), limit=page.limit, caller=caller)
    return _page(found, page)


@router.get("/v1/customers/{customer_id}/audit", **operation(scope=Scope.AUDIT_READ, errors={CursorForeign: 422}))
async def read_customer_audit(customer_id: UUID, page: PageDep, caller: Caller, session: SessionDep) -> Page[EntryOut]:
    """Who did what with one customer's data, newest first."""
    search = Search(customer_id=customer_id)
    found = await actions.search_entries(session, search=search, after=_after(page), limit=page.limit, caller=caller)
    return _page(found, page)


@router.get("/v1/summary/audit", **operation(scope=Scope.SUMMARY_READ))
async def summarize_audit(caller: Caller, session: SessionDep) -> AuditSummary:
    """How many acts each service recorded, by act, with the refused ones apart."""
    return _summary(await actions.count_entries(session, caller=caller))


def _after(page: PageQuery) -> Place | None:
    return None if page.after is None else place_of(page.after)


def _page(found: Sequence[AuditEntry], page: PageQuery) -> Page[EntryOut]:
    return paged(found, limit=page.limit, item=_entry, key=_place)


def _place(entry: AuditEntry) -> tuple[int, int]:
    assert entry.occurred_at is not None  # a search finds whole entries only
    return place_key(entry.occurred_at, entry.position)


def _entry(entry: AuditEntry) -> EntryOut:
    assert entry.act is not None  # a search finds whole entries only
    policy = retention()
    shown = entry.model_dump(exclude={"canonical", "digest", "retain_until"})
    until = max(entry.retain_until, policy.until(entry.act, entry.recorded_at))
    return EntryOut(**shown, digest=entry.digest.hex(), retention=policy.class_of(entry.act).name, retain_until=until)


def _summary(counts: Sequence[AuditCount]) -> AuditSummary:
    services = [
        ServiceCount(service=name, entries=sum(count.entries for count in rows), acts=_acts(rows))
        for name, rows in ((name, list(group)) for name, group in groupby(counts, key=lambda count: count.service))
    ]
    return AuditSummary(entries=sum(service.entries for service in services), services=services)


def _acts(counts: Sequence[AuditCount]) -> list[ActCount]:
    return [_act(act, list(rows)) for act, rows in groupby(counts, key=lambda count: count.act)]


def _act(act: str, counts: Sequence[AuditCount]) -> ActCount:
    by_outcome = {count.outcome: count.entries for count in counts}
    return ActCount(
        act=act,
        done=by_outcome.get(Outcome.DONE, 0),
        refused=by_outcome.get(Outcome.REFUSED, 0),
        last_at=max(count.last_at for count in counts),
    )
