"""The registers that the gate reads: ratings, qualifications, capacity, investors, needs analyses, papers of a sale."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from chassis.audit import audit
from chassis.auth import Capability
from chassis.clock import SHANGHAI
from chassis.database import Session
from chassis.http import forbidden
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.timers import schedule
from contracts.events.compliance import AdviceChanged
from contracts.values import Fen, ProductClass, RiskLevel, Role, RuleBroken, Tolerance
from services.compliance.suitability.models import (
    LegalCapacity,
    NeedsAnalysis,
    ProductRating,
    QualifiedInvestor,
    SaleEvidence,
    SellerQualification,
)
from services.compliance.suitability.rules.values import (
    RISKS,
    TOLERANCES,
    Capacity,
    EvidenceKind,
    InsuranceNeed,
    Product,
)
from services.compliance.suitability.store import checks
from services.compliance.suitability.store import registers as store

RATING = "rating.effective"


class ProductUnrated(RuleBroken):
    """The product has no rating."""

    rule = "product-unrated"
    fix = "Record the rating with POST /v1/products/{product_code}/ratings."


class RatingIncomplete(RuleBroken):
    """An investment or insurance without the seller's own level, or a private fund that is not private (art. 22, 30)."""

    rule = "rating-incomplete"
    fix = "Give seller_level for investments and insurance; a private fund is private."


class PeriodReversed(RuleBroken):
    """An entry that ends before it begins, or begins in the past where it may not."""

    rule = "register-period-reversed"
    fix = "Give a period that ends on or after its first day; a rating takes effect today or later."


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating as it is sent; levels by issuer and seller."""

    product_class: ProductClass
    issuer_level: RiskLevel | None
    seller_level: RiskLevel | None
    private: bool
    covers: Sequence[InsuranceNeed]
    effective_from: date


async def rate(
    session: Session, *, caller: Capability, product_code: str, rating: Rating, now: datetime, today: date
) -> ProductRating:
    """Keep a new rating. When it takes effect, customers whom it concerns are told (art. 22).

    Raises `RatingIncomplete`, `PeriodReversed`.
    """
    inside = rating.product_class in _INSIDE
    if inside and rating.seller_level is None:
        raise RatingIncomplete("the seller's level is missing", field="body.seller_level")
    if rating.product_class is ProductClass.PRIVATE_FUND and not rating.private:
        raise RatingIncomplete("a private fund is private", field="body.private")
    if rating.effective_from < today:
        raise PeriodReversed("it takes effect in the past", field="body.effective_from")
    version = await store.next_rating(session, product_code)
    row = ProductRating(
        product_code=product_code,
        version=version,
        product_class=rating.product_class.value,
        issuer_level=rating.issuer_level,
        seller_level=rating.seller_level,
        private=rating.private,
        covers=[need.value for need in rating.covers],
        effective_from=rating.effective_from,
        rated_by=caller.subject,
        rated_at=now,
    )
    await store.put(session, row)
    await audit(session, caller=caller, act="product.rated", details={"product": product_code, "version": version})
    begins = max(now, datetime.combine(rating.effective_from, time.min, tzinfo=SHANGHAI))
    payload = {"product_code": product_code, "version": version}
    await schedule(session, kind=RATING, key=f"{product_code}:{version}", due_at=begins, payload=payload)
    return row


_INSIDE = frozenset({ProductClass.WEALTH, ProductClass.FUND, ProductClass.PRIVATE_FUND, ProductClass.INSURANCE})


async def tell_new_rating(session: Session, *, product_code: str, version: int) -> int:
    """Tell for each customer to whom the product was allowed whether it still fits. Returns how many were told."""
    rows = await store.ratings(session, product_code, limit=200)
    levels = {row["version"]: level_of(row["issuer_level"], row["seller_level"]) for row in rows}
    before, level = levels.get(version - 1), levels.get(version)
    if version == 1 or before == level:
        return 0
    events = [
        AdviceChanged(
            customer_id=row["customer_id"],
            product_code=product_code,
            rating_version=version,
            previous_level=before,
            level=level,
            fits=_fits(row["level"], level),
        )
        for row in await checks.allowed_customers(session, product_code)
    ]
    await emit(session, *events)
    return len(events)


def level_of(issuer: str | None, seller: str | None) -> RiskLevel | None:
    """The level that counts (art. 22)."""
    given = (None if issuer is None else RiskLevel(issuer), None if seller is None else RiskLevel(seller))
    return Product("", 1, ProductClass.FUND, *given).level


def _fits(tolerance: str | None, level: RiskLevel | None) -> bool:
    if tolerance is None or level is None:
        return False
    return RISKS.index(level) <= TOLERANCES.index(Tolerance(tolerance))


async def qualify_seller(
    session: Session,
    *,
    caller: Capability,
    staff_no: str,
    product_class: ProductClass,
    valid_from: date,
    valid_until: date,
    now: datetime,
) -> SellerQualification:
    """Keep until when a member of staff may sell a class of products (art. 16). Raises `PeriodReversed`; nobody qualifies
    themself (`Refusal` 403)."""
    if caller.staff_no == staff_no:
        raise forbidden("qualification-by-oneself", fix="Let somebody else record your qualification.")
    _check_period(valid_from, valid_until)
    row = SellerQualification(
        id=new_id(),
        staff_no=staff_no,
        product_class=product_class.value,
        valid_from=valid_from,
        valid_until=valid_until,
        recorded_by=caller.subject,
        recorded_at=now,
    )
    await store.put(session, row)
    details: dict[str, int | str] = {"staff": staff_no, "class": product_class.value, "until": valid_until.isoformat()}
    await audit(session, caller=caller, act="seller.qualified", details=details)
    return row


async def record_capacity(
    session: Session, *, caller: Capability, customer_id: UUID, capacity: Capacity, reference: UUID, now: datetime
) -> None:
    """Keep a customer's legal capacity with the document that shows it (art. 19)."""
    row = LegalCapacity(
        customer_id=customer_id,
        version=1,
        capacity=capacity.value,
        reference=str(reference),
        recorded_by=caller.subject,
        recorded_at=now,
    )
    await store.add_capacity(session, row)
    await audit(session, caller=caller, act="capacity.recorded", customer_id=customer_id, details={"capacity": capacity.value})


async def record_investor(
    session: Session,
    *,
    caller: Capability,
    customer_id: UUID,
    basis: str,
    reference: UUID,
    period: tuple[date, date],
    now: datetime,
) -> QualifiedInvestor:
    """Keep the evidence that a customer is a qualified investor, for a period (art. 30). Raises `PeriodReversed`."""
    _check_period(*period)
    row = QualifiedInvestor(
        id=new_id(),
        customer_id=customer_id,
        basis=basis,
        reference=str(reference),
        valid_from=period[0],
        valid_until=period[1],
        recorded_by=caller.subject,
        recorded_at=now,
    )
    await store.put(session, row)
    await audit(session, caller=caller, act="investor.qualified", customer_id=customer_id, details={"basis": basis})
    return row


async def record_analysis(
    session: Session,
    *,
    caller: Capability,
    customer_id: UUID,
    needs: Sequence[InsuranceNeed],
    family_income_fen: Fen,
    budget_fen: Fen,
    now: datetime,
) -> NeedsAnalysis:
    """Keep what a family needs of insurance and can pay (art. 35)."""
    row = NeedsAnalysis(
        id=new_id(),
        customer_id=customer_id,
        needs=[need.value for need in needs],
        family_income_fen=family_income_fen,
        budget_fen=budget_fen,
        made_by=caller.subject,
        made_at=now,
    )
    await store.put(session, row)
    await audit(session, caller=caller, act="needs.analysed", customer_id=customer_id, details={"analysis": str(row.id)})
    return row


async def record_papers(
    session: Session,
    *,
    caller: Capability,
    customer_id: UUID,
    sale_no: str,
    kinds: Sequence[EvidenceKind],
    product_code: str,
    reference: UUID,
    now: datetime,
    today: date,
) -> list[SaleEvidence]:
    """Keep the paper of one or more steps of a sale, for the product as it is rated now. Raises `ProductUnrated`.

    The representative's consent is not the customer's to record (art. 19; `Refusal` 403).
    """
    if EvidenceKind.REPRESENTATIVE_CONSENT in kinds and Role.CUSTOMER in caller.roles:
        raise forbidden("consent-not-by-customer", fix="Staff record the representative's consent.")
    rating = await store.rating_on(session, product_code, today)
    if rating is None:
        raise ProductUnrated(field="body.product_code")
    rows = [
        SaleEvidence(
            id=new_id(),
            customer_id=customer_id,
            sale_no=sale_no,
            kind=kind.value,
            product_code=product_code,
            product_version=rating["version"],
            reference=str(reference),
            recorded_by=caller.subject,
            recorded_at=now,
        )
        for kind in kinds
    ]
    await store.put(session, *rows)
    details: dict[str, int | str] = {"kinds": ",".join(row.kind for row in rows), "product": product_code}
    await audit(session, caller=caller, act="sale.evidence_recorded", customer_id=customer_id, details=details)
    return rows


def _check_period(valid_from: date, valid_until: date) -> None:
    if valid_until < valid_from:
        raise PeriodReversed("it ends before it begins", field="body.valid_until")
