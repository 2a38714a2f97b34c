"""Every query of recordings."""

from uuid import UUID

from chassis.database import Session
from services.compliance.recording.rules import RecordingFacts


async def recording_of(session: Session, customer_id: UUID, sale_no: str) -> RecordingFacts | None:
    """How the latest recording for a sale stands; None where nobody began one."""
    raise NotImplementedError
