"""HTTP to action: what the gate must know of a customer, and the papers of a sale."""

from uuid import UUID

from fastapi import APIRouter

from chassis.audit import audit
from chassis.http import Caller, Now, SessionDep, Today, operation
from contracts.values import Scope
from services.compliance.suitability.actions import registers
from services.compliance.suitability.schemas.registers import AnalysisIn, CapacityIn, EntryOut, InvestorIn, PaperIn, PaperOut
from services.compliance.suitability.schemas.words import SalePath
from services.compliance.suitability.store import registers as store

router = APIRouter(tags=["suitability"])


@router.post("/v1/customers/{customer_id}/legal-capacity", status_code=204, **operation(scope=Scope.SUITABILITY_REGISTER))
async def record_legal_capacity(customer_id: UUID, body: CapacityIn, caller: Caller, session: SessionDep, now: Now) -> None:
    """Keep a customer's legal capacity where it does not follow from age (art. 19)."""
    await registers.record_capacity(
        session, caller=caller, customer_id=customer_id, capacity=body.capacity, reference=body.reference, now=now
    )


@router.post(
    "/v1/customers/{customer_id}/qualified-investor",
    status_code=201,
    **operation(scope=Scope.SUITABILITY_REGISTER, errors={registers.PeriodReversed: 422}),
)
async def record_qualified_investor(
    customer_id: UUID, body: InvestorIn, caller: Caller, session: SessionDep, now: Now
) -> EntryOut:
    """Keep the evidence that a customer is a qualified investor for private products (art. 30)."""
    row = await registers.record_investor(
        session,
        caller=caller,
        customer_id=customer_id,
        basis=body.basis,
        reference=body.reference,
        period=(body.valid_from, body.valid_until),
        now=now,
    )
    return EntryOut(id=row.id)


@router.post("/v1/customers/{customer_id}/needs-analyses", status_code=201, **operation(scope=Scope.SUITABILITY_RECORD))
async def record_needs_analysis(customer_id: UUID, body: AnalysisIn, caller: Caller, session: SessionDep, now: Now) -> EntryOut:
    """Keep what a family needs of insurance and can pay (art. 35)."""
    row = await registers.record_analysis(
        session,
        caller=caller,
        customer_id=customer_id,
        needs=body.needs,
        family_income_fen=body.family_income_fen,
        budget_fen=body.budget_fen,
        now=now,
    )
    return EntryOut(id=row.id)


@router.post(
    "/v1/customers/{customer_id}/sales/{sale_no}/evidence",
    status_code=201,
    **operation(scope=Scope.SUITABILITY_RECORD, errors={registers.ProductUnrated: 409}),
)
async def record_sale_evidence(
    customer_id: UUID, sale_no: SalePath, body: PaperIn, caller: Caller, session: SessionDep, now: Now, today: Today
) -> list[PaperOut]:
    """Keep the paper of steps: a notice (art. 31), a consent (19), advice to stop, insistence (38), a declaration (39)."""
    rows = await registers.record_papers(
        session,
        caller=caller,
        customer_id=customer_id,
        sale_no=sale_no,
        kinds=body.kinds,
        product_code=body.product_code,
        reference=body.reference,
        now=now,
        today=today,
    )
    return [PaperOut(**row.model_dump(exclude={"customer_id", "sale_no"})) for row in rows]


@router.get("/v1/customers/{customer_id}/sales/{sale_no}/evidence", **operation(scope=Scope.SUITABILITY_READ))
async def read_sale_evidence(customer_id: UUID, sale_no: SalePath, caller: Caller, session: SessionDep) -> list[PaperOut]:
    """The papers of one sale, in their order."""
    rows = await store.papers(session, customer_id, sale_no)
    await audit(session, caller=caller, act="sale.evidence_read", customer_id=customer_id, details={"papers": len(rows)})
    return [PaperOut(**dict(row)) for row in rows]
