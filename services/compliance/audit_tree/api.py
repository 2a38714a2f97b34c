"""HTTP to action: checkpoints, proofs, keys and the export of the audit log.

Checkpoints and proofs are hashes: asking for them is no act on anybody's data and leaves no entry, or each look of a witness
would make the next one necessary. The export is one.
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, StreamingResponse

from chassis.http import Caller, DatabaseDep, Now, PageDep, SessionDep, forbidden, operation
from chassis.pagination import Page, paged
from contracts.values import CursorForeign, Reach, Scope
from services.compliance.audit_tree import actions, checks, export, store
from services.compliance.audit_tree.actions import NoCheckpoint, NotInTheTree
from services.compliance.audit_tree.keys import SigningKey, open_key
from services.compliance.audit_tree.rules.checkpoints import LogInconsistent
from services.compliance.audit_tree.schemas import CheckpointOut, ChecksOut, ConsistencyOut, InclusionOut, KeysOut
from services.compliance.settings import Settings

router = APIRouter(tags=["audit"])

_MOST = 2**62
_Size = Annotated[int, Query(ge=1, le=_MOST, description="Entries of the tree.")]


@router.get(
    "/v1/audit/checkpoint",
    **operation(scope=Scope.AUDIT_READ, errors={NoCheckpoint: 404}, response_class=PlainTextResponse),
)
async def read_checkpoint(session: SessionDep) -> PlainTextResponse:
    """The latest checkpoint as the signed note that it is (C2SP tlog-checkpoint)."""
    return PlainTextResponse((await actions.latest_checkpoint(session)).note)


@router.get("/v1/audit/checkpoints", **operation(scope=Scope.AUDIT_READ, errors={CursorForeign: 422}))
async def list_checkpoints(page: PageDep, session: SessionDep) -> Page[CheckpointOut]:
    """Every checkpoint, the largest first."""
    found = await store.checkpoints(session, after=_after(page.after), limit=page.limit + 1)
    return paged(found, limit=page.limit, item=CheckpointOut.of, key=lambda row: (row.size, row.key_id))


@router.post("/v1/audit/checkpoints", **operation(scope=Scope.AUDIT_READ, errors={LogInconsistent: 409}))
async def sign_checkpoint(request: Request, session: SessionDep, now: Now) -> CheckpointOut:
    """Sign the log as it is now; the latest checkpoint when nothing came since."""
    key = await _key(request)
    return CheckpointOut.of(await actions.sign(session, signer=key.signer, now=now))


@router.get("/v1/audit/proofs/inclusion", **operation(scope=Scope.AUDIT_READ, errors={NotInTheTree: 422, LogInconsistent: 409}))
async def prove_inclusion(
    session: SessionDep, size: _Size, position: Annotated[int, Query(ge=0, le=_MOST, description="Of the entry.")]
) -> InclusionOut:
    """The proof that an entry is one of the first `size`; take the size of a checkpoint."""
    proof = await actions.prove_inclusion(session, position=position, size=size)
    return InclusionOut(
        position=position, size=size, leaf=proof.leaf.hex(), root=proof.root.hex(), proof=[one.hex() for one in proof.hashes]
    )


@router.get("/v1/audit/proofs/consistency", **operation(scope=Scope.AUDIT_READ, errors={NotInTheTree: 422, LogInconsistent: 409}))
async def prove_consistency(session: SessionDep, first: _Size, second: _Size) -> ConsistencyOut:
    """The proof that the log of `first` entries is the beginning of the log of `second`; take the sizes of checkpoints."""
    proof = await actions.prove_consistency(session, first=first, second=second)
    return ConsistencyOut(
        first=first,
        second=second,
        first_root=proof.first_root.hex(),
        second_root=proof.root.hex(),
        proof=[one.hex() for one in proof.hashes],
    )


@router.get("/v1/audit/checks", **operation(scope=Scope.AUDIT_READ))
async def check_rows(
    database: DatabaseDep,
    now: Now,
    first: Annotated[int, Query(ge=0, le=_MOST, description="Position to begin at; `next` of the answer before.")] = 0,
) -> ChecksOut:
    """Whether what a search reads is what the canonical bytes say, for up to 20,000 rows: positions and columns that differ."""
    return await checks.check(database, first=first, now=now)


@router.get("/v1/audit/keys", **operation(scope=Scope.AUDIT_READ))
async def read_keys(request: Request) -> KeysOut:
    """The public keys of the log with their periods. Trust the one that you got by another way; it vouches for the others."""
    key = await _key(request)
    return KeysOut.of(key.trusted(), key.successions)


@router.get(
    "/v1/audit/export",
    **operation(
        scope=Scope.AUDIT_EXPORT,
        errors={LogInconsistent: 409},
        openapi_extra={"x-long": True},
        response_class=StreamingResponse,
        responses={200: {"description": "A zip file.", "content": {"application/zip": {}}}},
    ),
)
async def export_log(request: Request, caller: Caller, session: SessionDep, database: DatabaseDep, now: Now) -> StreamingResponse:
    """The whole log as a signed bundle that is verified with the public key alone: `steward audit verify --bundle`."""
    if caller.reach is not Reach.ALL:
        raise forbidden("log-not-within-reach", fix="Come with a capability that covers all customers.")
    order = await export.prepare(session, key=await _key(request), caller=caller, now=now)
    headers = {"content-disposition": f'attachment; filename="audit-{order.checkpoint.size}.zip"'}
    return StreamingResponse(
        export.bundle(export.rows_of(database, order.checkpoint), order), media_type="application/zip", headers=headers
    )


async def _key(request: Request) -> SigningKey:
    settings = request.app.state.runtime.settings
    assert isinstance(settings, Settings)  # the composition root says so
    return await asyncio.to_thread(open_key, settings.audit_key)


def _after(key: tuple[str | int, ...] | None) -> tuple[int, str] | None:
    match key:
        case None:
            return None
        case (int(size), str(key_id)) if 0 <= size <= _MOST:
            return size, key_id
    raise CursorForeign(field="query.cursor")
