"""How the recording and the care of a sale stand, as the gate's rules see them."""

from datetime import datetime
from typing import cast
from uuid import UUID

from chassis.database import Session
from services.compliance.care.documents import OLDER_CARE, CareDocument
from services.compliance.care.rules import lacking
from services.compliance.care.store import care_of
from services.compliance.documents import actions as documents
from services.compliance.recording.store import recording_of
from services.compliance.suitability.rules.values import Care, Recording


async def recording_in(session: Session, customer_id: UUID, sale_no: str | None) -> Recording | None:
    """The recording of the sale; None where there is none."""
    found = None if sale_no is None else await recording_of(session, customer_id, sale_no)
    if found is None:
        return None
    return Recording(found.recording_id, found.product_code, found.state.value, complete=not found.locks_sale)


async def care_in(session: Session, customer_id: UUID, sale_no: str | None, *, moment: datetime) -> Care | None:
    """The care in the sale, with what it lacks at `moment`; None where there is none."""
    found = None if sale_no is None else await care_of(session, customer_id, sale_no)
    if found is None:
        return None
    document = cast("CareDocument", await documents.typed(session, kind=OLDER_CARE, version=found.prompt_version))
    missing = lacking(found, document.policy(found.prompt_version), now=moment)
    return Care(
        id=found.care_id,
        product_code=found.product_code,
        level=found.risk_level,
        lacking=tuple(need.value for need in missing),
        cooling_off_until=found.cooling_off_until,
        withdrawn=found.withdrawn_at is not None,
    )
