from datetime import UTC, datetime, timedelta

import pytest

from chassis.bus import Outgoing
from chassis.clock import SHANGHAI
from chassis.ids import new_id
from contracts.events import seal
from services.referral.main import SERVICE
from services.referral.rules.referrals import AlreadyReferred, CodeUnknown, SameHousehold
from tests.services.referral.builders import CODE, balances, changed, deliver, registered, with_code


async def with_referrer(service, **more):
    async with service.database.begin() as session:
        return await with_code(session, **more)


async def decisions(service):
    rows = await service.database.pool.fetch("SELECT referred_id, rule FROM referral")
    return {row["referred_id"]: row["rule"] for row in rows}


async def told(service, subject):
    return await service.database.pool.fetchval("SELECT count(*) FROM outbox WHERE subject = $1", subject)


async def test_a_customer_who_registers_with_a_code_brings_points_to_both(running):
    async with running(SERVICE) as service:
        referrer, code = await with_referrer(service)
        newcomer = registered(referral_code=code.lower())
        await service.publish(newcomer)
        await service.settled()
        assert await balances(service.database) == {referrer: 5000, newcomer.customer_id: 5000}
        assert await told(service, "referral.referral.rewarded.v1") == 1


async def test_registrations_delivered_again_and_again_are_rewarded_once(running):
    async with running(SERVICE, consumer_batch=7) as service:
        referrer, code = await with_referrer(service)
        newcomers = [registered(referral_code=code) for _ in range(15)]
        await deliver(service, *newcomers, times=3)
        await deliver(service, *reversed(newcomers), times=1)  # the same news under other ids: the version is known
        await service.settled()
        held = await balances(service.database)
    assert held == {referrer: 5000 * 15, **{newcomer.customer_id: 5000 for newcomer in newcomers}}


async def test_a_second_registration_of_the_same_customer_is_refused(running):
    async with running(SERVICE) as service:
        referrer, code = await with_referrer(service)
        newcomer = new_id()
        await service.publish(*(registered(newcomer, referral_code=code, version=version) for version in (1, 2)))
        await service.settled()
        assert await balances(service.database) == {referrer: 5000, newcomer: 5000}
        payload = await service.database.pool.fetchval(
            "SELECT convert_from(payload, 'UTF8') FROM outbox WHERE subject = 'referral.referral.refused.v1'"
        )
    assert AlreadyReferred.rule in payload


async def test_a_bulk_load_of_existing_customers_refers_nobody(running):
    async with running(SERVICE) as service:
        _, code = await with_referrer(service)
        await service.publish(registered(referral_code=code, imported=True), registered())
        await service.settled()
        assert await balances(service.database) == {}
        assert await decisions(service) == {}
        assert await service.database.pool.fetchval("SELECT count(*) FROM customer") == 3


async def test_a_code_that_nobody_has_is_refused_and_told(running):
    async with running(SERVICE) as service:
        newcomer = registered(referral_code=CODE)
        await service.publish(newcomer)
        await service.settled()
        assert await decisions(service) == {newcomer.customer_id: CodeUnknown.rule}
        assert await told(service, "referral.referral.refused.v1") == 1


async def test_a_household_learnt_by_a_later_event_counts(running):
    async with running(SERVICE) as service:
        home = new_id()
        referrer, code = await with_referrer(service)
        newcomer = registered(referral_code=code, household_id=home)
        await service.publish(changed(referrer, household_id=home), newcomer)
        await service.settled()
        assert await decisions(service) == {newcomer.customer_id: SameHousehold.rule}


@pytest.mark.parametrize("first", ["registered", "changed"])
async def test_the_newest_state_stays_in_whatever_order_the_news_come(running, first):
    async with running(SERVICE) as service:
        home = new_id()
        newcomer = registered()
        news = [newcomer, changed(newcomer.customer_id, household_id=home)]
        await service.publish(*(news if first == "registered" else reversed(news)))
        await service.settled()
        row = await service.database.pool.fetchrow("SELECT household_id, state_version FROM customer")
    assert tuple(row) == (home, 1)


async def test_the_campaign_of_the_shanghai_day_of_the_registration_decides(running):
    last_moment = datetime(2027, 12, 31, 23, 59, 59, tzinfo=SHANGHAI)
    async with running(SERVICE) as service:
        _, code = await with_referrer(service)
        inside, outside = registered(referral_code=code), registered(referral_code=code)
        await service.connected()
        await service.runtime.bus.ensure_stream()
        for event, moment in ((inside, last_moment), (outside, last_moment + timedelta(seconds=1))):
            assert moment.astimezone(UTC).date().year == 2027
            payload = seal(event, event_id=new_id(), time=moment)
            await service.runtime.bus.publish([Outgoing(new_id(), event.type, payload, None)])
        await service.settled()
        assert await decisions(service) == {inside.customer_id: None, outside.customer_id: "no-campaign"}
