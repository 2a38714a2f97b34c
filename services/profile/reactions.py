"""Events in: the teams of cases get access to their customer, and lose it when the case is closed (H19)."""

from collections.abc import Sequence

from chassis.database import Session
from chassis.inbox import Context, Reactions, Received
from contracts.events.gateway import CaseClosed, TeamAssembled
from services.profile.store import access

reactions = Reactions()


@reactions.on(TeamAssembled)
async def on_team_assembled(session: Session, received: Sequence[Received[TeamAssembled]], context: Context) -> None:
    """The latest team of each case replaces the one before."""
    latest = {item.event.case_id: item.event for item in received}
    for event in latest.values():
        await access.replace_team(session, event)


@reactions.on(CaseClosed)
async def on_case_closed(session: Session, received: Sequence[Received[CaseClosed]], context: Context) -> None:
    """The team's access ends, also for a team whose news comes later than the closing."""
    await access.close_cases(session, [item.event.case_id for item in received], now=context.now)
