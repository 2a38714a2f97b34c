"""What an answer of the gate is made of, read in one round trip as it was at the moment of the sale."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import TypeAdapter

from chassis.database import Session, driver
from contracts.values import Fen
from services.compliance.suitability.rules.values import (
    Assessment,
    Capacity,
    InsuranceNeed,
    Lock,
    Paper,
    Product,
    Qualification,
    Register,
)

_FACTS = """
WITH customer AS (SELECT * FROM gate_customer WHERE customer_id = $1),
latest AS (
    SELECT * FROM risk_assessment WHERE customer_id = $1 AND assessed_at <= $2 ORDER BY assessed_at DESC, id DESC LIMIT 1
),
analysis AS (
    SELECT * FROM needs_analysis WHERE customer_id = $1 AND made_at <= $2 ORDER BY made_at DESC, id DESC LIMIT 1
)
SELECT json_build_object(
    'birth_date', (SELECT birth_date FROM customer),
    'bank_assets_fen', (SELECT assets_fen FROM customer),
    'capacity', (
        SELECT capacity FROM legal_capacity WHERE customer_id = $1 AND recorded_at <= $2 ORDER BY version DESC LIMIT 1
    ),
    'products', (
        SELECT coalesce(json_agg(json_build_object(
            'code', product_code, 'version', version, 'product_class', product_class, 'issuer', issuer_level,
            'seller', seller_level, 'private', private, 'covers', covers)), '[]')
        FROM (
            SELECT DISTINCT ON (product_code) * FROM product_rating
            WHERE product_code = ANY ($4::text[]) AND effective_from <= $3 AND rated_at <= $2
            ORDER BY product_code, version DESC
        ) AS rated
    ),
    'assessment', (
        SELECT json_build_object(
            'id', id, 'level', level, 'assessed_on', assessed_on, 'valid_until', valid_until,
            'confirmed', coalesce(confirmed_at <= $2, false),
            'ended_reason', CASE WHEN ended_at <= $2 THEN ended_reason END)
        FROM latest
    ),
    'declared_income_fen', (SELECT income_fen FROM latest),
    'declared_assets_fen', (SELECT assets_fen FROM latest),
    'qualifications', (
        SELECT coalesce(json_agg(json_build_object('product_class', product_class, 'entry', json_build_object(
            'id', id, 'valid_from', valid_from, 'valid_until', valid_until))), '[]')
        FROM (
            SELECT DISTINCT ON (product_class) * FROM seller_qualification
            WHERE staff_no = $5 AND recorded_at <= $2 AND valid_from <= $3 ORDER BY product_class, valid_until DESC
        ) AS held
    ),
    'investor', (
        SELECT json_build_object('id', id, 'valid_from', valid_from, 'valid_until', valid_until) FROM qualified_investor
        WHERE customer_id = $1 AND recorded_at <= $2 AND valid_from <= $3 ORDER BY valid_until DESC LIMIT 1
    ),
    'analysis', (
        SELECT json_build_object('id', id, 'needs', needs, 'family_income_fen', family_income_fen, 'budget_fen', budget_fen)
        FROM analysis
    ),
    'papers', (
        SELECT coalesce(json_agg(json_build_object(
            'id', id, 'kind', kind, 'product_code', product_code, 'product_version', product_version, 'at', recorded_at)), '[]')
        FROM sale_evidence WHERE customer_id = $1 AND sale_no = $6 AND recorded_at <= $2
    ),
    'lock', (
        SELECT json_build_object('id', id, 'cause', cause, 'since', since) FROM sale_lock
        WHERE customer_id = $1 AND since <= $2 AND (lifted_at IS NULL OR lifted_at > $2) ORDER BY since LIMIT 1
    )
)::text
"""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A needs analysis; amounts in fen."""

    id: UUID
    needs: tuple[InsuranceNeed, ...]
    family_income_fen: Fen
    budget_fen: Fen


@dataclass(frozen=True, slots=True)
class Facts:
    """What the tables say about a sale."""

    birth_date: date | None
    bank_assets_fen: Fen | None
    capacity: Capacity | None
    products: tuple[Product, ...]
    assessment: Assessment | None
    declared_income_fen: Fen | None
    declared_assets_fen: Fen | None
    qualifications: tuple[Qualification, ...]
    investor: Register | None
    analysis: Analysis | None
    papers: tuple[Paper, ...]
    lock: Lock | None


_READ = TypeAdapter(Facts)


async def facts_of(
    session: Session,
    customer_id: UUID,
    *,
    moment: datetime,
    day: date,
    products: Sequence[str],
    seller_no: str | None,
    sale_no: str | None,
) -> Facts:
    """Everything about the sale as it was at `moment`, which lies on `day` in Shanghai."""
    connection = await driver(session)
    text = await connection.fetchval(_FACTS, customer_id, moment, day, list(products), seller_no, sale_no)
    return _READ.validate_json(text)
