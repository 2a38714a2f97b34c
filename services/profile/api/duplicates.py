"""Records that may be one person: found over everybody, shown, merged or dismissed. Decisions are audited."""

from typing import Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter

from chassis.audit import audit
from chassis.http import Caller, Now, PageDep, SessionDep, operation
from chassis.pagination import Page, paged
from contracts.values import Scope
from services.profile.actions import merging
from services.profile.api.standing import KEYS
from services.profile.keyring import VaultDep
from services.profile.rights_schemas import AcceptanceIn, DismissalIn, DuplicateOut, SearchedOut
from services.profile.store import duplicates as store

router = APIRouter(tags=["duplicates"])

DECIDED = {merging.DuplicateUnknown: 404, merging.DuplicateDecided: 409}


@router.post("/v1/duplicates/searches", **operation(scope=Scope.PROFILE_MERGE))
async def search(caller: Caller, session: SessionDep, now: Now) -> SearchedOut:
    """Look for records with the same identity number in two forms, or the same phone and birth date; over everybody."""
    proposed = await store.propose(session, now=now)
    await audit(session, caller=caller, act="duplicates.search", details={"proposed": proposed})
    return SearchedOut(proposed=proposed)


@router.get("/v1/duplicates", **operation(scope=Scope.PROFILE_MERGE))
async def list_proposals(
    session: SessionDep, page: PageDep, state: Literal["open", "merged", "dismissed"] = "open"
) -> Page[DuplicateOut]:
    """Proposals in the order in which they were found. They hold ids and codes only."""
    after = UUID(str(page.after[0])) if page.after else None
    rows = await store.page(session, state=state, after=after, limit=page.limit)
    return paged(rows, limit=page.limit, item=_out, key=lambda row: (str(row["id"]),))


@router.post(
    "/v1/duplicates/{duplicate_id}/acceptance",
    **operation(
        scope=Scope.PROFILE_MERGE,
        errors={**KEYS, **DECIDED, merging.SurvivorForeign: 422, merging.MergeRestricted: 409},
    ),
)
async def accept(
    duplicate_id: UUID, body: AcceptanceIn, caller: Caller, session: SessionDep, vault: VaultDep, now: Now
) -> DuplicateOut:
    """Merge the two records; the id of the other one leads to the survivor from now on."""
    row = await merging.merge(
        session, duplicate_id=duplicate_id, surviving_id=body.surviving_id, vault=vault, by=caller.subject, now=now
    )
    for customer_id in (row["first_id"], row["second_id"]):
        await audit(session, caller=caller, act="customer.merge", customer_id=customer_id)
    return _out(row)


@router.post("/v1/duplicates/{duplicate_id}/dismissal", **operation(scope=Scope.PROFILE_MERGE, errors=DECIDED))
async def dismiss(duplicate_id: UUID, body: DismissalIn, caller: Caller, session: SessionDep, now: Now) -> DuplicateOut:
    """The two are two persons; they are not proposed again."""
    row = await merging.dismiss(session, duplicate_id=duplicate_id, reason=body.reason, by=caller.subject, now=now)
    for customer_id in (row["first_id"], row["second_id"]):
        await audit(session, caller=caller, act="duplicate.dismiss", customer_id=customer_id, details={"reason": body.reason})
    return _out(row)


def _out(row: asyncpg.Record) -> DuplicateOut:
    shown = DuplicateOut.model_fields.keys() - {"duplicate_id"}
    return DuplicateOut(duplicate_id=row["id"], **{name: row[name] for name in shown})
