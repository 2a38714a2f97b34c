"""Every query of the registers: ratings, qualifications, capacity, investors, analyses, papers of a sale."""

from datetime import date
from uuid import UUID

import asyncpg
from sqlmodel import SQLModel

from chassis.database import Session, driver
from services.compliance.suitability.models import LegalCapacity

_RATINGS = """
SELECT product_code, version, product_class, issuer_level, seller_level, private, covers, effective_from, rated_by, rated_at
FROM product_rating
"""


async def put(session: Session, *rows: SQLModel) -> None:
    """Add rows to their register."""
    session.add_all(rows)
    await session.flush()


async def next_rating(session: Session, product_code: str) -> int:
    """The version of the product's next rating. Holds the product's lock until commit."""
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('product_rating:' || $1::text, 0))", product_code)
    number: int = await connection.fetchval(
        "SELECT coalesce(max(version), 0) + 1 FROM product_rating WHERE product_code = $1", product_code
    )
    return number


async def rating_on(session: Session, product_code: str, day: date) -> asyncpg.Record | None:
    """The rating in effect on a day."""
    connection = await driver(session)
    return await connection.fetchrow(
        _RATINGS + "WHERE product_code = $1 AND effective_from <= $2 ORDER BY version DESC LIMIT 1", product_code, day
    )


async def ratings(session: Session, product_code: str, *, limit: int) -> list[asyncpg.Record]:
    """The latest ratings of a product."""
    connection = await driver(session)
    return await connection.fetch(_RATINGS + "WHERE product_code = $1 ORDER BY version DESC LIMIT $2", product_code, limit)


async def add_capacity(session: Session, row: LegalCapacity) -> None:
    """Keep what is known of a customer's capacity under the next version."""
    connection = await driver(session)
    await connection.execute(
        """
        INSERT INTO legal_capacity (customer_id, version, capacity, reference, recorded_by, recorded_at)
        SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5 FROM legal_capacity WHERE customer_id = $1
        """,
        row.customer_id,
        row.capacity,
        row.reference,
        row.recorded_by,
        row.recorded_at,
    )


async def qualifications(session: Session, staff_no: str) -> list[asyncpg.Record]:
    """What a member of staff may sell: for each class the entry that holds longest."""
    connection = await driver(session)
    return await connection.fetch(
        """
        SELECT DISTINCT ON (product_class) id, staff_no, product_class, valid_from, valid_until, recorded_by, recorded_at
        FROM seller_qualification WHERE staff_no = $1 ORDER BY product_class, valid_until DESC
        """,
        staff_no,
    )


async def papers(session: Session, customer_id: UUID, sale_no: str) -> list[asyncpg.Record]:
    """The evidence of one sale, in its order."""
    connection = await driver(session)
    return await connection.fetch(
        """
        SELECT id, kind, product_code, product_version, reference, recorded_by, recorded_at FROM sale_evidence
        WHERE customer_id = $1 AND sale_no = $2 ORDER BY recorded_at, id
        """,
        customer_id,
        sale_no,
    )
