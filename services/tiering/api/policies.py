"""Routes on the tier policy: what is in force, drafting, and the approval by another person."""

from typing import Annotated

from fastapi import APIRouter, Path

from chassis.http import Caller, Now, PageDep, SessionDep, Today, forbidden, operation
from chassis.pagination import paged
from contracts.values import Scope
from services.tiering import actions, document, policy_store, publishing
from services.tiering.book import decode
from services.tiering.schemas import PoliciesOut, PolicyDocumentOut, PolicyIn, PolicyOut

router = APIRouter(tags=["tiering"])

_CHECKS = {
    document.DocumentMalformed: 422,
    publishing.HitPolicyNotFirst: 422,
    publishing.ColumnUnknown: 422,
    publishing.CellInvalid: 422,
    publishing.OutputMissing: 422,
    publishing.ReasonUnexplained: 422,
    publishing.ElseRowMissing: 422,
    publishing.RowNeverFires: 422,
    actions.PolicyReachesBack: 422,
}

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
    return await _read(session, version)


@router.post(
    "/v1/policies/tiering",
    status_code=201,
    **operation(scope=Scope.POLICY_WRITE, errors={**_CHECKS, actions.PolicyUnknown: 404}),
)
async def draft_policy(body: PolicyIn, caller: Caller, session: SessionDep, now: Now, today: Today) -> PolicyDocumentOut:
    """Check a new tier policy and keep it as a draft. Wrong cells, holes and dead rows are named by row and column."""
    version = await actions.draft_policy(
        session, caller=caller, document=body.document, effective_from=body.effective_from, now=now, today=today
    )
    return await _read(session, version)


@router.post(
    "/v1/policies/tiering/{version}/approval",
    **operation(scope=Scope.POLICY_WRITE, errors={**_CHECKS, actions.PolicyUnknown: 404, actions.PolicyIsPublished: 409}),
)
async def approve_policy(version: Version, caller: Caller, session: SessionDep, now: Now, today: Today) -> PolicyDocumentOut:
    """Publish a draft that somebody else wrote. Where it takes effect today, everybody is decided about again."""
    try:
        await actions.approve_policy(session, caller=caller, version=version, now=now, today=today)
    except actions.PolicyApproverDrafted as error:
        raise forbidden(error.rule, fix=error.fix) from None  # a refusal of the edge, so that the attempt is audited
    return await _read(session, version)


async def _read(session: SessionDep, version: int) -> PolicyDocumentOut:
    row = await policy_store.version_of(session, version)
    if row is None:
        raise actions.PolicyUnknown(f"there is no policy {version}", field="path.version")
    return await _with_document(session, PolicyOut(**dict(row)))


async def _with_document(session: SessionDep, policy: PolicyOut) -> PolicyDocumentOut:
    found = await policy_store.document_of(session, policy.version)
    if found is None:
        raise actions.PolicyUnknown(f"there is no policy {policy.version}", field="path.version")
    return PolicyDocumentOut(**policy.model_dump(), document=decode(found["document"]))
