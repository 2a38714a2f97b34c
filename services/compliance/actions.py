"""The use cases of the audit log: append, search, count. Looking into the log is an audited act itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from services.compliance import store
from services.compliance.audit_tree.actions import appended
from services.compliance.models import AuditCount, AuditEntry
from services.compliance.retention.policy import retention
from services.compliance.rules import Act, check_window, enter
from services.compliance.store import Place, Search


async def record(session: Session, *, acts: Sequence[Act], now: datetime) -> int:
    """Append `acts` in their order; returns how many were new.

    One lock for the whole batch: positions are taken from the locked size, so that they have no holes and follow the order
    of commits. An event that has its entry is left out, also when it comes back long after the inbox forgot it.
    """
    first = await store.lock_size(session)
    known = await store.known_events(session, [act.event_id for act in acts])
    fresh = {act.event_id: act for act in acts if act.event_id not in known}
    if fresh:
        await store.append(session, enter(list(fresh.values()), first=first, recorded_at=now, retention=retention()))
        await appended(session, first=first, entries=len(fresh), now=now)
    return len(fresh)


async def search_entries(
    session: Session, *, search: Search, after: Place | None, limit: int, caller: Capability
) -> Sequence[AuditEntry]:
    """Up to `limit` entries, newest first, and one more where there are more. The look is audited: how many entries were
    shown, and by what was searched.

    Raises `NoSuchWindow`.
    """
    check_window(search.start, search.end)
    found = await store.find(session, search, after=after, limit=limit + 1)
    details: Mapping[str, int | str] = {"entries": min(len(found), limit), "searched_by": ",".join(search.given())}
    await audit(session, caller=caller, act="audit.read", customer_id=search.customer_id, details=details)
    return found


async def count_entries(session: Session, *, caller: Capability) -> Sequence[AuditCount]:
    """Entries by service, act and outcome. The look is audited."""
    counts = await store.counts(session)
    await audit(session, caller=caller, act="audit.summary_read", details={"acts": len(counts)})
    return counts
