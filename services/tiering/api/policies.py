"""Routes on the tier policy: what is in force, drafting, and the approval by another person."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from chassis.database import Session
from chassis.http import Caller, Now, PageDep, SessionDep, Today, forbidden, operation
from chassis.pagination import paged
from contracts.values import Scope
from services.tiering import actions, document, policy_store, publishing
from services.tiering.book import decode
from services.tiering.schemas import (
    ChangesOut,
    DifferenceOut,
    PoliciesOut,
    PolicyDocumentOut,
    PolicyIn,
    PolicyOut,
    RejectionIn,
)

router = APIRouter(tags=["tiering"])

CHECKS = {
    document.DocumentMalformed: 422,
    publishing.CurrencyNotConfigured: 422,
    publishing.HitPolicyNotFirst: 422,
    publishing.ColumnUnknown: 422,
    publishing.CellInvalid: 422,
    publishing.OutputMissing: 422,
    publishing.ReasonUnexplained: 422,
    publishing.ElseRowMissing: 422,
    publishing.RowNeverFires: 422,
    actions.PolicyReachesBack: 422,
}
"""Why a policy may be refused, and the status."""

_CLOSED = {actions.PolicyIsPublished: 409, actions.PolicyIsClosed: 409}

Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/v1/policies/tiering", **operation(scope=Scope.POLICY_READ))
async def list_policies(session: SessionDep, page: PageDep, today: Today) -> PoliciesOut:
    """The tier policies in force today with their documents, and all versions, latest first."""
    current = [
        await _with_document(session, PolicyOut(**dict(row)))
        for row in await policy_store.versions_in_force(session, today=today)
    ]
    before = None if page.after is None else int(page.after[0])
    rows = await policy_store.versions(session, before=before, limit=page.limit + 1)
    found = paged(rows, limit=page.limit, item=lambda row: PolicyOut(**dict(row)), key=lambda row: (row["version"],))
    return PoliciesOut(in_force=current, versions=found.items, next=found.next)


@router.get(
    "/v1/policies/tiering/{version}",
    **operation(scope=Scope.POLICY_READ, errors={actions.PolicyUnknown: 404}),
)
async def read_policy(version: Version, session: SessionDep) -> PolicyDocumentOut:
    """One version of the tier policy with its document."""
    return await read_version(session, version)


@router.post(
    "/v1/policies/tiering",
    status_code=201,
    **operation(scope=Scope.POLICY_WRITE, errors={**CHECKS, actions.PolicyUnknown: 404}),
)
async def draft_policy(body: PolicyIn, caller: Caller, session: SessionDep, now: Now, today: Today) -> PolicyDocumentOut:
    """Check a new tier policy and keep it as a draft. Wrong cells, holes and dead rows are named by row and column."""
    version = await actions.draft_policy(
        session, caller=caller, document=body.document, effective_from=body.effective_from, now=now, today=today
    )
    return await read_version(session, version)


@router.post(
    "/v1/policies/tiering/{version}/approval",
    **operation(scope=Scope.POLICY_WRITE, errors={**CHECKS, actions.PolicyUnknown: 404, **_CLOSED}),
)
async def approve_policy(version: Version, caller: Caller, session: SessionDep, now: Now, today: Today) -> PolicyDocumentOut:
    """Publish a draft that somebody else wrote. Where it takes effect today, everybody is decided about again."""
    try:
        await actions.approve_policy(session, caller=caller, version=version, now=now, today=today)
    except actions.PolicyApproverDrafted as error:
        raise forbidden(error.rule, fix=error.fix) from None  # a refusal of the edge, so that the attempt is audited
    return await read_version(session, version)


@router.post(
    "/v1/policies/tiering/{version}/rejection",
    **operation(scope=Scope.POLICY_WRITE, errors={actions.PolicyUnknown: 404, **_CLOSED}),
)
async def reject_policy(version: Version, body: RejectionIn, caller: Caller, session: SessionDep, now: Now) -> PolicyDocumentOut:
    """Refuse a draft that somebody else wrote, with the reason."""
    try:
        await actions.reject_policy(session, caller=caller, version=version, because=body.because, now=now)
    except actions.PolicyApproverDrafted as error:
        raise forbidden(error.rule, fix=error.fix) from None  # as above
    return await read_version(session, version)


@router.post(
    "/v1/policies/tiering/{version}/withdrawal",
    **operation(scope=Scope.POLICY_WRITE, errors={actions.PolicyUnknown: 404, **_CLOSED}),
)
async def withdraw_policy(version: Version, caller: Caller, session: SessionDep, now: Now) -> PolicyDocumentOut:
    """Take one's own draft back."""
    try:
        await actions.withdraw_policy(session, caller=caller, version=version, now=now)
    except actions.PolicyOfSomebodyElse as error:
        raise forbidden(error.rule, fix=error.fix) from None  # as above
    return await read_version(session, version)


@router.get(
    "/v1/policies/tiering/{version}/changes",
    **operation(scope=Scope.POLICY_READ, errors={actions.PolicyUnknown: 404}),
)
async def list_changes(
    version: Version,
    session: SessionDep,
    against: Annotated[int, Query(ge=1, le=2**31 - 1, description="The version to compare with.")],
) -> ChangesOut:
    """What a version changes in another one: settings, texts, columns, conditions, the order of rows."""
    found = await actions.compare_policies(session, version=version, against=against)
    listed = [DifferenceOut(place=one.place, kind=one.kind, before=one.before, after=one.after) for one in found]
    return ChangesOut(version=version, against=against, differences=listed)


async def read_version(session: Session, version: int) -> PolicyDocumentOut:
    """A version with its document. Raises `PolicyUnknown`."""
    row = await policy_store.version_of(session, version)
    if row is None:
        raise actions.PolicyUnknown(f"there is no policy {version}", field="path.version")
    return await _with_document(session, PolicyOut(**dict(row)))


async def _with_document(session: Session, policy: PolicyOut) -> PolicyDocumentOut:
    found = await policy_store.document_of(session, policy.version)
    if found is None:
        raise actions.PolicyUnknown(f"there is no policy {policy.version}", field="path.version")
    return PolicyDocumentOut(**policy.model_dump(), document=decode(found["document"]))
