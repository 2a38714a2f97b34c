"""HTTP to action: ratings of products, and who may sell them."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from chassis.http import Caller, Now, SessionDep, Today, operation
from contracts.values import Scope
from services.compliance.suitability.actions import registers
from services.compliance.suitability.schemas.registers import (
    QualificationIn,
    QualificationOut,
    RatingIn,
    RatingOut,
    RatingsOut,
)
from services.compliance.suitability.schemas.words import ProductPath, StaffPath
from services.compliance.suitability.store import registers as store

router = APIRouter(tags=["suitability"])

_SHOWN = 50


@router.post(
    "/v1/products/{product_code}/ratings",
    status_code=201,
    **operation(scope=Scope.SUITABILITY_REGISTER, errors={registers.RatingIncomplete: 422, registers.PeriodReversed: 422}),
)
async def rate_product(
    product_code: ProductPath, body: RatingIn, caller: Caller, session: SessionDep, now: Now, today: Today
) -> RatingOut:
    """Keep a product's rating by issuer and seller; customers to whom the product was allowed are told what changes (art. 22)."""
    rating = registers.Rating(**body.model_dump())
    row = await registers.rate(session, caller=caller, product_code=product_code, rating=rating, now=now, today=today)
    return _rating(row.model_dump())


@router.get(
    "/v1/products/{product_code}/ratings",
    **operation(scope=Scope.SUITABILITY_READ, errors={registers.ProductUnrated: 404}),
)
async def read_product_ratings(product_code: ProductPath, session: SessionDep, today: Today) -> RatingsOut:
    """The rating of a product in effect, with the level that counts, and its latest versions."""
    current = await store.rating_on(session, product_code, today)
    if current is None:
        raise registers.ProductUnrated(field="path.product_code")
    versions = await store.ratings(session, product_code, limit=_SHOWN)
    return RatingsOut(in_effect=_rating(dict(current)), versions=[_rating(dict(row)) for row in versions])


@router.post(
    "/v1/sellers/{staff_no}/qualifications",
    status_code=201,
    **operation(scope=Scope.SUITABILITY_REGISTER, errors={registers.PeriodReversed: 422}),
)
async def qualify_seller(
    staff_no: StaffPath, body: QualificationIn, caller: Caller, session: SessionDep, now: Now
) -> QualificationOut:
    """Keep until when a member of staff may sell a class of products (art. 16)."""
    row = await registers.qualify_seller(
        session,
        caller=caller,
        staff_no=staff_no,
        product_class=body.product_class,
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        now=now,
    )
    return QualificationOut(**row.model_dump())


@router.get("/v1/sellers/{staff_no}/qualifications", **operation(scope=Scope.SUITABILITY_READ))
async def read_qualifications(staff_no: StaffPath, session: SessionDep) -> list[QualificationOut]:
    """What a member of staff may sell: for each class the entry that holds longest."""
    return [QualificationOut(**dict(row)) for row in await store.qualifications(session, staff_no)]


def _rating(row: Mapping[str, Any]) -> RatingOut:  # Any: the columns of a row
    return RatingOut(**dict(row), level=registers.level_of(row["issuer_level"], row["seller_level"]))
