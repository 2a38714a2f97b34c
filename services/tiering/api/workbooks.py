"""Routes on tier policies as Excel workbooks: out for any version, in as a draft."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response

from chassis.http import Caller, Now, SessionDep, Today, operation
from contracts.values import Scope
from services.tiering import actions
from services.tiering.api.policies import CHECKS, read_version
from services.tiering.schemas import PolicyDocumentOut
from services.tiering.workbook import WorkbookCellFormula, WorkbookCellType, WorkbookMalformed
from services.tiering.workbook.layout import MEDIA_TYPE

router = APIRouter(tags=["tiering"])

_ERRORS = {
    **CHECKS,
    WorkbookMalformed: 422,
    WorkbookCellFormula: 422,
    WorkbookCellType: 422,
    actions.PolicyUnknown: 404,
}


@router.get(
    "/v1/policies/tiering/{version}/table.xlsx",
    response_class=Response,
    **operation(
        scope=Scope.POLICY_READ,
        errors={actions.PolicyUnknown: 404},
        responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}},
    ),
)
async def read_workbook(version: Annotated[int, Path(ge=1, le=2**31 - 1)], session: SessionDep) -> Response:
    """One version of the tier policy as an Excel workbook, to be edited and sent back as a draft."""
    content = await actions.workbook_of(session, version=version)
    name = f"tier-policy-{version}.xlsx"
    return Response(content, media_type=MEDIA_TYPE, headers={"content-disposition": f'attachment; filename="{name}"'})


@router.post("/v1/policies/tiering/table.xlsx", status_code=201, **operation(scope=Scope.POLICY_WRITE, errors=_ERRORS))
async def draft_workbook(
    body: Annotated[bytes, Body(media_type=MEDIA_TYPE)],
    caller: Caller,
    session: SessionDep,
    now: Now,
    today: Today,
    effective_from: Annotated[date | None, Query(description="Takes the place of the day in the workbook.")] = None,
) -> PolicyDocumentOut:
    """Check the tier policy of an Excel workbook and keep it as a draft. What is wrong is named by sheet and cell."""
    version = await actions.draft_from_workbook(
        session, caller=caller, content=body, effective_from=effective_from, now=now, today=today
    )
    return await read_version(session, version)
