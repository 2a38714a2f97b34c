"""Test data of the watch: one small builder per noun."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson

from chassis.timers import TimerLoop
from contracts.events.profile import CustomerChanged, CustomerRegistered, Evidence, SignalRaised
from contracts.values import Reach, Role, Scope, SignalKind
from services.compliance.timers import timers
from tests.support.apps import Running

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def registered(customer: UUID, *, branch: str = "0101", adviser_no: str | None = "A100") -> CustomerRegistered:
    return CustomerRegistered(**_record(customer, branch, adviser_no))


def changed(customer: UUID, *, branch: str = "0101", adviser_no: str | None) -> CustomerChanged:
    return CustomerChanged(**_record(customer, branch, adviser_no))


def _record(customer: UUID, branch: str, adviser_no: str | None) -> dict[str, Any]:
    days = {"birth_date": date(1980, 5, 17), "opened_on": date(2020, 1, 1)}
    return {"customer_id": customer, "version": 1, "branch": branch, "sex": "f", "adviser_no": adviser_no, **days}


def outflow(customer: UUID, *, day: date, fen: int = 8_000_000, accounts: tuple[UUID, ...] = (), **changes: Any) -> SignalRaised:
    evidence = Evidence(
        window_from=day,
        window_to=day,
        counts={"transactions": 2},
        amounts_fen={"outflow": fen, "largest_before": 1_000_000},
        days=(day,),
        ids=("T2", "T3"),
        account_ids=accounts,
    )
    return _signal(customer, SignalKind.LARGE_OUTFLOW, day, evidence, **changes)


def streak(customer: UUID, *, day: date) -> SignalRaised:
    evidence = Evidence(
        window_from=day, window_to=day, counts={"purchases": 3}, amounts_fen={"purchases": 3_000_000}, ids=("T4", "T5", "T6")
    )
    return _signal(customer, SignalKind.HIGH_RISK_STREAK, day, evidence)


def _signal(customer: UUID, kind: SignalKind, day: date, evidence: Evidence, **changes: Any) -> SignalRaised:
    given = {"signal_id": uuid4(), "customer_id": customer, "kind": kind, "as_of": day, "confidence_bp": 6000}
    return SignalRaised(**{**given, "evidence": evidence, **changes})


def adviser(service: Running, staff_no: str = "A100") -> dict[str, str]:
    scopes = (Scope.ALERT_READ, Scope.ALERT_WRITE)
    return service.headers(*scopes, roles=[Role.ADVISER], reach=Reach.OWN, subject=f"staff:{staff_no}", staff_no=staff_no)


def manager(service: Running, branch: str = "0101") -> dict[str, str]:
    scopes = (Scope.ALERT_READ, Scope.ALERT_WRITE, Scope.SUMMARY_READ)
    return service.headers(*scopes, roles=[Role.BRANCH_MANAGER], reach=Reach.BRANCH, subject="staff:M1", branch=branch)


def compliance(service: Running) -> dict[str, str]:
    scopes = (Scope.ALERT_READ, Scope.ALERT_WRITE, Scope.SUMMARY_READ)
    return service.headers(*scopes, roles=[Role.COMPLIANCE], subject="staff:C1")


async def an_outflow(service: Running, *, adviser_no: str | None = "A100", branch: str = "0101", **of: Any) -> dict[str, Any]:
    """The alert of a fresh customer's outflow, as compliance reads it."""
    customer = uuid4()
    await service.publish(registered(customer, branch=branch, adviser_no=adviser_no))
    await service.publish(outflow(customer, day=service.clock.today(), **of))
    await service.settled()
    return await alert_of(service, customer)


async def alert_of(service: Running, customer: UUID) -> dict[str, Any]:
    alert_id = await service.database.pool.fetchval("SELECT id FROM risk_alert WHERE customer_id = $1", customer)
    answer = await service.client.get(f"/v1/alerts/{alert_id}", headers=compliance(service))
    assert answer.status_code == 200, answer.text
    alert: dict[str, Any] = answer.json()
    return alert


async def told(service: Running, event: str, customer: str) -> list[dict[str, Any]]:
    """What was told of a customer, in order; `event` is the middle of the type."""
    rows = await service.database.pool.fetch(
        "SELECT payload FROM outbox WHERE subject = $1 ORDER BY seq", f"compliance.{event}.v1"
    )
    found = [orjson.loads(row["payload"])["data"] for row in rows]
    return [data for data in found if data["customer_id"] == str(customer)]


async def fired(service: Running) -> None:
    """Look for due timers as the service's own loop does, beside it, until none is left."""
    loop = TimerLoop(service.database, timers, service.runtime.context)
    late = "SELECT count(*) FROM timer WHERE kind = 'alert.rung' AND state = 'due' AND due_at <= $1"
    while await service.database.pool.fetchval(late, service.clock.now()):
        await loop.fire_due()
