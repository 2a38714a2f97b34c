"""A tier policy out as a workbook, and a workbook in as a draft."""

import asyncio
from datetime import date, datetime

from chassis.auth import Capability
from chassis.database import Session
from contracts.values import RuleBroken
from services.tiering import policy_store
from services.tiering.actions.finding import PolicyUnknown
from services.tiering.actions.policies import draft_policy
from services.tiering.book import decode
from services.tiering.workbook import located, read_workbook, write_workbook


async def workbook_of(session: Session, *, version: int) -> bytes:
    """A version as an XLSX file. Raises `PolicyUnknown`."""
    row, stored = await policy_store.version_of(session, version), await policy_store.document_of(session, version)
    if row is None or stored is None:
        raise PolicyUnknown(f"there is no policy {version}", field="path.version")
    return await asyncio.to_thread(write_workbook, decode(stored["document"]), effective_from=row["effective_from"])


async def draft_from_workbook(
    session: Session, *, caller: Capability, content: bytes, effective_from: date | None, now: datetime, today: date
) -> int:
    """Check the policy of an XLSX file and keep it as a draft; `effective_from` takes the place of the file's day.

    Returns its version. Raises the errors of `workbook` and those of `draft_policy`, at the cell that they are about.
    """
    read = await asyncio.to_thread(read_workbook, content)
    day = effective_from or read.effective_from
    try:
        return await draft_policy(session, caller=caller, document=read.document, effective_from=day, now=now, today=today)
    except RuleBroken as error:
        raise located(error, read.places) from None
