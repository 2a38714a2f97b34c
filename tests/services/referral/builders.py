"""Test data of referral: one small builder per noun."""

import itertools
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from chassis.bus import Outgoing
from chassis.database import Database, Session, driver
from chassis.ids import new_id
from contracts.events import Event, seal
from contracts.events.profile import CustomerChanged, CustomerRegistered
from services.referral import actions
from services.referral.models import Customer
from services.referral.policy import CampaignDocument, read_campaigns
from services.referral.rules.campaigns import Campaign, Policy
from services.referral.rules.codes import make_code
from services.referral.rules.ledger import ISSUER, Line, Transfer
from services.referral.rules.referrals import Claim, KnownCode
from services.referral.settings import Settings
from services.referral.store import customers
from tests.support.apps import Running

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CODE = make_code(12345678901234567)
_numbers = itertools.count(1)


def campaign(**changes: Any) -> Campaign:
    """5,000 points for each side, all year, unless said otherwise."""
    given: dict[str, Any] = {
        "code": "friends",
        "points_each": 5000,
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        "daily_cap": 3,
        "same_household": False,
    }
    return Campaign(**{**given, **changes})


def policy(*campaigns: Campaign, version: int = 1, effective_from: date = date(2026, 1, 1)) -> Policy:
    """A policy of these campaigns."""
    return Policy(version=version, effective_from=effective_from, campaigns=campaigns or (campaign(),))


def claim(**changes: Any) -> Claim:
    """Somebody new registers with the code of the builders."""
    given: dict[str, Any] = {"referred_id": new_id(), "household_id": None, "code": CODE, "day": DAY}
    return Claim(**{**given, **changes})


def known(**changes: Any) -> KnownCode:
    """An active code of somebody."""
    given: dict[str, Any] = {"referrer_id": new_id(), "household_id": None, "active": True}
    return KnownCode(**{**given, **changes})


def transfer(*lines: tuple[UUID, int], reference: str | None = None) -> Transfer:
    """A transfer of these lines; what does not sum to zero comes from the issuer."""
    missing = -sum(amount for _, amount in lines)
    all_lines = [*lines, (ISSUER, missing)] if missing else [*lines]
    return Transfer(
        transfer_id=new_id(),
        reference=reference or f"test:{new_id()}",
        occurred_at=NOON,
        lines=tuple(Line(account_id, amount) for account_id, amount in all_lines),
    )


def packaged_campaigns() -> CampaignDocument:
    """The campaigns that come with the service."""
    return read_campaigns(Settings.model_fields["campaigns"].default)


def campaigns(**changes: Any) -> CampaignDocument:
    """The packaged campaigns with the one campaign changed."""
    document = packaged_campaigns()
    part = document.campaigns[0].model_copy(update=changes)
    return document.model_copy(update={"campaigns": (part,)})


async def with_code(session: Session, *, household_id: UUID | None = None) -> tuple[UUID, str]:
    """A customer with an active code: id and code."""
    customer_id, code = new_id(), make_code(next(_numbers) << 20)
    await customers.remember(session, [Customer(customer_id=customer_id, household_id=household_id, state_version=0)])
    assert await customers.add_code(session, code=code, customer_id=customer_id, issued_at=NOON)
    return customer_id, code


async def with_campaigns(session: Session, **changes: Any) -> None:
    """Publish the packaged campaigns, changed."""
    await actions.publish_campaigns(session, document=campaigns(**changes), now=NOON)


def registered(customer_id: UUID | None = None, **changes: Any) -> CustomerRegistered:
    """A customer registers, without a code unless said otherwise."""
    return CustomerRegistered(**_state(customer_id, **changes))


def changed(customer_id: UUID, **changes: Any) -> CustomerChanged:
    """A customer's record changed."""
    return CustomerChanged(**_state(customer_id, **changes))


def _state(customer_id: UUID | None, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "customer_id": customer_id or new_id(),
        "version": 1,
        "branch": "B001",
        "birth_date": date(1990, 3, 7),
        "sex": "f",
        "opened_on": DAY,
    }
    return {**given, **changes}


async def deliver(service: Running, *events: Event, times: int = 1) -> None:
    """Put each event on the broker `times` times, past the broker's own dropping of duplicates."""
    await service.connected()
    await service.runtime.bus.ensure_stream()
    for event in events:
        payload = seal(event, event_id=new_id(), time=service.clock.now())
        for _ in range(times):
            await service.runtime.bus.publish([Outgoing(new_id(), event.type, payload, None)])


async def balances(database: Database) -> dict[UUID, int]:
    """Points by customer, after checking that the ledger's own invariants hold in plain SQL."""
    wrong = await database.pool.fetch(
        "SELECT transfer_id FROM transfer LEFT JOIN entry USING (transfer_id, currency)"
        " GROUP BY transfer_id HAVING count(account_id) < 2 OR sum(amount) <> 0"
    )
    assert not wrong, "transfers that do not sum to zero"
    wrong = await database.pool.fetch(
        "SELECT account_id FROM account LEFT JOIN entry USING (account_id) WHERE kind = 'customer'"
        " GROUP BY account_id HAVING balance <> coalesce(sum(amount), 0) OR entries <> count(transfer_id)"
    )
    assert not wrong, "balances that differ from their entries"
    assert await database.pool.fetchval("SELECT coalesce(sum(amount), 0) FROM entry") == 0
    rows = await database.pool.fetch("SELECT account_id, balance FROM account WHERE kind = 'customer'")
    return {row["account_id"]: row["balance"] for row in rows}


async def check_now(session: Session) -> None:
    """Run the checks that would run at the commit."""
    await (await driver(session)).execute("SET CONSTRAINTS ALL IMMEDIATE")
