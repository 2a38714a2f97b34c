"""HTTP to action: policy documents, their versions, and the approval by another person."""

from typing import Annotated

from fastapi import APIRouter, Path

from chassis.http import Caller, Now, PageDep, SessionDep, Today, forbidden, operation
from chassis.pagination import paged
from contracts.values import CursorForeign, Scope
from services.compliance.documents import actions, store
from services.compliance.documents.kinds import KINDS, DocumentMalformed, DocumentUnknown
from services.compliance.documents.schemas import DocumentIn, DocumentOut, DocumentsOut, DocumentVersionOut

router = APIRouter(tags=["policies"])

Kind = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$", examples=["gate", "questionnaire"])]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]

_REFUSED = {DocumentUnknown: 404, DocumentMalformed: 422, actions.DocumentReachesBack: 422}


@router.get(
    "/v1/policies/compliance/{kind}", **operation(scope=Scope.POLICY_READ, errors={DocumentUnknown: 404, CursorForeign: 422})
)
async def list_documents(kind: Kind, page: PageDep, session: SessionDep, today: Today) -> DocumentsOut:
    """The versions of one kind of policy document, latest first, and which of them is in force today."""
    if kind not in KINDS.names:
        raise DocumentUnknown("there is no such kind of document", field="path.kind")
    found = await store.in_force(session, kind=kind, day=today)
    rows = await store.versions(session, kind=kind, before=_before(page.after), limit=page.limit + 1)
    shown = paged(rows, limit=page.limit, item=lambda row: DocumentVersionOut(**dict(row)), key=lambda row: (row["version"],))
    return DocumentsOut(items=shown.items, next=shown.next, in_force=None if found is None else found[0])


@router.get("/v1/policies/compliance/{kind}/{version}", **operation(scope=Scope.POLICY_READ, errors={DocumentUnknown: 404}))
async def read_document(kind: Kind, version: Version, session: SessionDep) -> DocumentOut:
    """One version of a policy document."""
    return await _read(session, kind, version)


@router.post("/v1/policies/compliance/{kind}", status_code=201, **operation(scope=Scope.SUITABILITY_POLICY, errors={**_REFUSED}))
async def draft_document(
    kind: Kind, body: DocumentIn, caller: Caller, session: SessionDep, now: Now, today: Today
) -> DocumentOut:
    """Check a new version of a policy document and keep it as a draft."""
    version = await actions.draft(
        session, caller=caller, kind=kind, document=body.document, effective_from=body.effective_from, now=now, today=today
    )
    return await _read(session, kind, version)


@router.post(
    "/v1/policies/compliance/{kind}/{version}/approval",
    **operation(scope=Scope.SUITABILITY_POLICY, errors={**_REFUSED, actions.DocumentIsPublished: 409}),
)
async def approve_document(
    kind: Kind, version: Version, caller: Caller, session: SessionDep, now: Now, today: Today
) -> DocumentOut:
    """Publish a draft that somebody else wrote."""
    try:
        await actions.approve(session, caller=caller, kind=kind, version=version, now=now, today=today)
    except actions.ApproverDrafted as error:
        raise forbidden(error.rule, fix=error.fix) from None  # a refusal of the edge, so that the attempt is audited
    return await _read(session, kind, version)


def _before(after: tuple[str | int, ...] | None) -> int | None:
    if after is None:
        return None
    if len(after) != 1 or not isinstance(after[0], int):
        raise CursorForeign(field="query.cursor")
    return after[0]


async def _read(session: SessionDep, kind: str, version: int) -> DocumentOut:
    row = await store.version_of(session, kind=kind, version=version)
    document = await store.document_of(session, kind=kind, version=version)
    if row is None or document is None:
        raise DocumentUnknown("there is no such version", field="path.version")
    return DocumentOut(**dict(row), document=document)
