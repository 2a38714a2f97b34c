"""Test data of compliance: one small builder per noun."""

from datetime import UTC, datetime
from typing import Any

from chassis.bus import Outgoing
from chassis.ids import new_id
from contracts.events import Event, seal
from contracts.events.audit import Audited, ProfileAudited
from contracts.values import Purpose
from services.compliance.rules import Act
from tests.support.apps import Running

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def act(**changes: Any) -> Act:
    """An adviser read a customer, unless said otherwise."""
    given: dict[str, Any] = {
        "event_id": new_id(),
        "service": "profile",
        "act_id": new_id(),
        "actor": "staff:A100",
        "roles": ("adviser",),
        "act": "customer.read",
        "customer_id": new_id(),
        "purpose": "service",
        "outcome": "done",
        "rule": None,
        "request_id": "r-1",
        "details": {},
        "occurred_at": NOON,
    }
    return Act(**{**given, **changes})


def audited(kind: type[Audited] = ProfileAudited, **changes: Any) -> Audited:
    """The same as an event of a service."""
    given: dict[str, Any] = {
        "act_id": new_id(),
        "actor": "staff:A100",
        "roles": ("adviser",),
        "act": "customer.read",
        "customer_id": new_id(),
        "purpose": Purpose.SERVICE,
    }
    return kind(**{**given, **changes})


async def deliver(service: Running, *events: Event, times: int = 1) -> None:
    """Put each event on the broker `times` times, past the broker's own dropping of duplicates."""
    await service.connected()
    await service.runtime.bus.ensure_stream()
    for event in events:
        payload = seal(event, event_id=new_id(), time=service.clock.now())
        for _ in range(times):
            await service.runtime.bus.publish([Outgoing(new_id(), event.type, payload, None)])
