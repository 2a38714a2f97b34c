"""Measures in through a real NATS, changes of tier out."""

from datetime import date

import orjson

from chassis.ids import new_id
from contracts.events.profile import FeedCompleted
from services.tiering.main import SERVICE
from tests.services.tiering.builders import VIP_FEN, event

STANDING = "SELECT tier, change, measures_version FROM standing WHERE customer_id = $1"


async def told(service, customer):
    rows = await service.database.pool.fetch(
        "SELECT payload FROM outbox WHERE subject = 'tiering.tier.changed.v1' AND sent_at IS NOT NULL ORDER BY seq"
    )
    events = [orjson.loads(row["payload"])["data"] for row in rows]
    return [(one["version"], one["previous"], one["tier"]) for one in events if one["customer_id"] == str(customer)]


async def test_measures_become_a_tier_and_a_published_change(running):
    async with running(SERVICE) as service:
        customer = new_id()
        await service.publish(event(customer), event(customer, version=2, assets=VIP_FEN))
        await service.settled()
        assert dict(await service.database.pool.fetchrow(STANDING, customer)) == {
            "tier": "vip",
            "change": 2,
            "measures_version": 2,
        }
        assert await told(service, customer) == [(1, None, "ordinary"), (2, "ordinary", "vip")]


async def test_the_same_event_twice_decides_once_and_a_late_one_waits_for_its_turn(running):
    async with running(SERVICE) as service:
        customer = new_id()
        first, second = event(customer, growth=3_000), event(customer, version=2, assets=VIP_FEN)
        ids = await service.publish(second)
        await service.settled()
        assert await service.database.pool.fetchrow(STANDING, customer) is None
        await service.publish(first)
        await service.publish(second, event_ids=ids)
        await service.settled()
        assert await told(service, customer) == [(1, None, "potential"), (2, "potential", "vip")]


async def test_measures_without_a_policy_become_a_dead_letter_and_the_others_go_on(running):
    async with running(SERVICE, delivery_attempts=2, retry_seconds=0.05) as service:
        stranger, customer = new_id(), new_id()
        await service.publish(event(stranger, currency="USD"), event(customer, assets=VIP_FEN))
        await service.settled()
        assert await service.database.pool.fetchrow(STANDING, stranger) is None
        assert (await service.database.pool.fetchrow(STANDING, customer))["tier"] == "vip"
        reasons = [row["reason"] for row in await service.database.pool.fetch("SELECT reason FROM dead_letter")]
        assert len(reasons) == 1
        assert "no-policy-in-force" in reasons[0] or "NoPolicyInForce" in reasons[0]


async def test_the_feed_watermark_is_kept_and_never_goes_back(running):
    async with running(SERVICE) as service:
        for version, day in ((1, date(2026, 3, 2)), (2, date(2026, 3, 1))):
            await service.publish(FeedCompleted(feed="core", version=version, day=day, customers=10))
        await service.settled()
        row = await service.database.pool.fetchrow("SELECT version, day FROM feed")
        assert dict(row) == {"version": 2, "day": date(2026, 3, 2)}
