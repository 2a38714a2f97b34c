"""Audited acts: an event in the same transaction as the act, so that neither exists without the other."""

from collections.abc import Mapping
from uuid import UUID

from chassis.auth import Capability
from chassis.database import Session, service_of
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.events.audit import AUDITED
from contracts.values import Outcome, Purpose, Role


async def audit(
    session: Session,
    *,
    caller: Capability | str,
    act: str,
    customer_id: UUID | None = None,
    purpose: Purpose | None = None,
    outcome: Outcome = Outcome.DONE,
    rule: str | None = None,
    details: Mapping[str, int | str] | None = None,
) -> None:
    """Record that `caller` did `act` (`customer.read`, `policy.approved`, …), or was refused by `rule`.

    `caller` is a capability, or the name of a part of the suite that acts by itself ("timer:nightly"). `details` holds codes
    and numbers only. If this cannot be written, the transaction fails and the act with it.
    """
    if isinstance(caller, str):
        actor, request_id = caller, None
        roles: tuple[str, ...] = (Role.SYSTEM.value,)
        purpose = purpose or Purpose.OPERATIONS
    else:
        actor, request_id = caller.subject, caller.request_id
        roles = tuple(role.value for role in caller.roles)
        purpose = purpose or caller.purpose
    await emit(
        session,
        AUDITED[service_of(session)](
            act_id=new_id(),
            actor=actor,
            roles=roles,
            act=act,
            customer_id=customer_id,
            purpose=purpose,
            outcome=outcome,
            rule=rule,
            request_id=request_id,
            details=dict(details or {}),
        ),
    )
