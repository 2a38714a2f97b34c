"""Use cases on a real PostgreSQL, each in a transaction that is rolled back."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest

from chassis.clock import Clock
from chassis.database import Session, driver
from contracts.values import Channel, SignalKind, Tier
from services.outreach import actions
from services.outreach.actions.hearing import RaisedSignal, SpokenConsent
from services.outreach.actions.runs import NIGHT, TURN, next_night
from services.outreach.settings import Settings
from services.outreach.store import runs
from services.outreach.store.recipients import Record
from tests.services.outreach.builders import NOW, TODAY, a_customer, a_moment

BORN = date(1980, 5, 17)
SETTINGS = Settings(database_url="", nats_url="", run_block=3, run_blocks_per_turn=2)


@pytest.fixture
async def session(service_session) -> Session:
    return await service_session("outreach", clock=Clock())


async def known(session: Session, *customers: UUID, birth_date: date = BORN, branch: str = "0101") -> None:
    records = [Record(customer, birth_date, branch, None) for customer in customers]
    await actions.hear_records(session, records=records, changed=False, now=NOW)


async def tiered(session: Session, tier: Tier, *customers: UUID, now=NOW) -> None:
    await actions.hear_tiers(session, tiers=[(customer, tier) for customer in customers], now=now)


async def raised(session: Session, customer: UUID, kind: SignalKind, *, as_of: date = TODAY, now=NOW) -> None:
    await actions.hear_signals(session, signals=[RaisedSignal(uuid4(), customer, kind, as_of, now)], now=now)


async def spoken(session: Session, customer: UUID, channel: Channel | None, *, granted: bool, version: int = 1) -> None:
    word = SpokenConsent(customer, "service", channel, granted=granted, version=version, at=NOW)
    await actions.hear_consents(session, words=[word], now=NOW)


async def contacts(session: Session, customer: UUID, state: str = "planned") -> list[asyncpg.Record]:
    connection = await driver(session)
    return await connection.fetch("SELECT * FROM contact WHERE customer_id = $1 AND state = $2 ORDER BY at", customer, state)


async def told(session: Session, subject: str) -> list[dict]:
    connection = await driver(session)
    rows = await connection.fetch("SELECT payload FROM outbox WHERE subject = $1 ORDER BY seq", subject)
    return [orjson.loads(row["payload"])["data"] for row in rows]


async def scalar(session: Session, statement: str, *values: object):
    return await (await driver(session)).fetchval(statement, *values)


async def test_a_tier_brings_obligations_contacts_and_an_event_for_each_contact(session):
    customer = a_customer()
    await known(session, customer)
    await tiered(session, Tier.POTENTIAL, customer)
    planned = await contacts(session, customer)
    assert {row["kind"] for row in planned} == {"value_content", "needs_survey"}
    events = await told(session, "outreach.contact.planned.v1")
    assert {event["contact_id"] for event in events} == {str(row["id"]) for row in planned}
    assert {event["tier"] for event in events} == {"potential"}
    assert await scalar(session, "SELECT plan_version FROM recipient WHERE customer_id = $1", customer) == 1


async def test_hearing_the_same_tier_again_changes_nothing(session):
    customer = a_customer()
    await known(session, customer)
    await tiered(session, Tier.VIP, customer)
    before = await contacts(session, customer)
    await tiered(session, Tier.VIP, customer)
    assert await contacts(session, customer) == before
    assert len(await told(session, "outreach.contact.planned.v1")) == len(before)


async def test_a_new_tier_takes_back_the_old_contacts_and_tells_why(session):
    customer = a_customer()
    await known(session, customer)
    await tiered(session, Tier.VIP, customer)
    await tiered(session, Tier.ORDINARY, customer)
    assert {row["withdrawn_reason"] for row in await contacts(session, customer, "withdrawn")} == {"tier_changed"}
    assert {row["kind"] for row in await contacts(session, customer)} <= {"service_reminder", "questionnaire"}
    assert [event["reason"] for event in await told(session, "outreach.contact.withdrawn.v1")] == ["tier_changed"]


async def test_a_tier_that_arrives_before_the_record_is_planned_when_the_record_arrives(session):
    customer = a_customer()
    await tiered(session, Tier.VIP, customer)
    assert await contacts(session, customer) == []
    await known(session, customer)
    assert [row["kind"] for row in await contacts(session, customer)] == ["deep_talk"]


async def test_a_registration_that_comes_after_a_change_does_not_undo_it(session):
    customer = a_customer()
    await actions.hear_records(session, records=[Record(customer, date(1990, 1, 1), "0202", "A7")], changed=True, now=NOW)
    await known(session, customer)
    assert await scalar(session, "SELECT birth_date FROM recipient WHERE customer_id = $1", customer) == date(1990, 1, 1)


async def test_a_signal_brings_one_wish_per_period_however_often_it_is_raised(session):
    customer = a_customer()
    await known(session, customer)
    await tiered(session, Tier.VIP, customer)
    for _ in range(3):
        await raised(session, customer, SignalKind.UNIVERSITY_ENTRY)
    assert [row["kind"] for row in await contacts(session, customer)].count("life_event_care") == 1
    assert await scalar(session, "SELECT count(*) FROM wish WHERE customer_id = $1", customer) == 1


async def test_a_signal_before_the_tier_waits_and_is_placed_with_it(session):
    customer = a_customer()
    await raised(session, customer, SignalKind.MORTGAGE_BUNDLE)
    assert await scalar(session, "SELECT reason FROM wish WHERE customer_id = $1", customer) == "recipient_unknown"
    await known(session, customer)
    await tiered(session, Tier.ORDINARY, customer)
    assert "mortgage_bundle_offer" in {row["kind"] for row in await contacts(session, customer)}


async def test_a_large_outflow_at_night_is_confirmed_within_24_hours_even_for_a_customer_nobody_has_heard_of(session):
    customer, night = a_customer(), a_moment(3, 2)
    await raised(session, customer, SignalKind.LARGE_OUTFLOW, now=night)
    (contact,) = await contacts(session, customer)
    assert night < contact["at"] <= night + timedelta(hours=24)
    assert contact["channel"] == "phone"


async def test_a_large_outflow_on_a_day_that_is_taken_is_planned_under_the_named_bypass(session):
    customer = a_customer()
    for as_of in (TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=2)):
        await raised(session, customer, SignalKind.LARGE_OUTFLOW, as_of=as_of)
    urgent = [row for row in await contacts(session, customer) if row["kind"] == "outflow_confirmation"]
    assert len({row["at"] for row in urgent}) == 3
    assert [row["bypass"] for row in urgent] == [None, "urgent_risk", "urgent_risk"]
    assert "day_cap" in urgent[1]["bypassed"]


async def test_a_refusal_moves_contacts_and_a_word_on_all_takes_the_place_of_words_on_single_channels(session):
    customer = a_customer()
    await known(session, customer)
    await tiered(session, Tier.ORDINARY, customer)
    await spoken(session, customer, Channel.APP, granted=False)
    assert {row["channel"] for row in await contacts(session, customer)} == {"sms"}
    await spoken(session, customer, None, granted=False, version=2)
    assert await contacts(session, customer) == []
    await spoken(session, customer, None, granted=True, version=3)
    assert {row["channel"] for row in await contacts(session, customer)} == {"app"}
    assert await scalar(session, "SELECT count(*) FROM consent WHERE customer_id = $1", customer) == 1


async def test_words_of_one_batch_take_effect_in_the_order_in_which_they_were_spoken(session):
    customer = a_customer()
    words = [
        SpokenConsent(customer, "service", channel, granted=granted, version=version, at=NOW)
        for version, (channel, granted) in enumerate([(Channel.APP, False), (None, True), (Channel.SMS, False)], start=1)
    ]
    await actions.hear_consents(session, words=words, now=NOW)
    rows = await (await driver(session)).fetch("SELECT channel, granted FROM consent WHERE customer_id = $1 ORDER BY 1", customer)
    assert [tuple(row) for row in rows] == [("", True), ("sms", False)]


async def test_the_database_refuses_a_second_standing_contact_for_an_obligation_and_a_day_that_is_not_the_moments(session):
    customer = a_customer()
    await known(session, customer)
    await tiered(session, Tier.VIP, customer)
    connection = await driver(session)
    copy = """
        INSERT INTO contact SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid()) || $2::text::jsonb)).*
        FROM contact c WHERE customer_id = $1 LIMIT 1
    """
    for change, error in (
        ('{"at": "2026-11-28T02:00:00Z", "day": "2026-11-28"}', asyncpg.UniqueViolationError),
        ('{"day": "2026-01-01"}', asyncpg.CheckViolationError),
        ('{"obligation_id": null}', asyncpg.CheckViolationError),
        ('{"bypass": "urgent_risk"}', asyncpg.CheckViolationError),
        ('{"state": "withdrawn"}', asyncpg.CheckViolationError),
    ):
        with pytest.raises(error):
            async with connection.transaction():
                await connection.execute(copy, customer, change)


async def a_run(session: Session) -> UUID:
    await actions.begin_night(session, now=NOW)
    return await scalar(session, "SELECT id FROM plan_run WHERE ended_at IS NULL")


async def test_a_run_goes_over_everybody_in_turns_and_counts_what_it_did(session):
    customers = [a_customer(number) for number in range(8)]
    await known(session, *customers)
    run_id = await a_run(session)
    await tiered(session, Tier.VIP, *customers)
    later = a_moment(1, 4, month=12)
    for turn in (6, 8):
        await actions.take_turn(session, run_id=run_id, now=later, settings=SETTINGS)
        assert (await runs.read(session, run_id))["customers"] == turn
    run = await runs.read(session, run_id)
    assert (run["missed"], run["ended_at"]) == (8, later)
    assert run["planned"] > 0
    await actions.take_turn(session, run_id=run_id, now=later, settings=SETTINGS)
    assert (await runs.read(session, run_id))["customers"] == 8


async def test_a_run_opens_the_next_month_and_extends_the_plan(session):
    customer = a_customer()
    await known(session, customer)
    await tiered(session, Tier.VIP, customer)
    run_id = await a_run(session)
    await actions.take_turn(session, run_id=run_id, now=a_moment(4, 4, month=12), settings=SETTINGS)
    rows = await (await driver(session)).fetch(
        "SELECT period, state FROM obligation WHERE customer_id = $1 ORDER BY period", customer
    )
    states = {row["period"]: row["state"] for row in rows}
    assert states == {"2026-11": "missed", "2026-12": "planned"}


async def test_there_is_one_run_at_a_time_and_the_night_looks_again_shortly(session):
    await a_run(session)
    await actions.begin_night(session, now=NOW)
    assert await scalar(session, "SELECT count(*) FROM plan_run") == 1
    assert await scalar(session, "SELECT due_at FROM timer WHERE kind = $1", NIGHT) == NOW + timedelta(minutes=15)
    assert await scalar(session, "SELECT count(*) FROM timer WHERE kind = $1 AND state = 'due'", TURN) == 1


async def test_a_night_that_is_due_is_not_pushed_to_the_next_day_by_a_restart(session):
    await actions.ensure_night(session, now=NOW)
    due = await scalar(session, "SELECT due_at FROM timer WHERE kind = $1", NIGHT)
    assert due == next_night(NOW) == a_moment(3, 4)
    await actions.ensure_night(session, now=NOW + timedelta(days=2))
    assert await scalar(session, "SELECT due_at FROM timer WHERE kind = $1", NIGHT) == due
