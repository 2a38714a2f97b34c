"""Every query of the care for older customers."""

from uuid import UUID

from chassis.database import Session
from services.compliance.care.rules import CareFacts


async def care_of(session: Session, customer_id: UUID, sale_no: str) -> CareFacts | None:
    """How the care for a sale stands; None where no prompt was shown."""
    raise NotImplementedError
