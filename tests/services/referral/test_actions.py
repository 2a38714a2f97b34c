import asyncio
import contextlib
import random
from collections import Counter

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.auth import Capability
from chassis.database import Database, driver
from chassis.ids import new_id
from contracts.values import Purpose, Reach, Role
from services.referral import actions
from services.referral.actions import CustomerUnknown, LedgerDisagrees, NoActiveCode
from services.referral.rules.codes import CodeMalformed, parse_code
from services.referral.rules.referrals import (
    AlreadyReferred,
    CodeUnknown,
    CodeWithdrawn,
    DailyCapReached,
    Refusal,
    Reward,
    SameHousehold,
)
from services.referral.store import customers, ledger
from tests.services.referral.builders import CODE, NOON, balances, claim, transfer, with_campaigns, with_code

CALLER = Capability(subject="staff:1", roles=(Role.ADVISER,), scopes=frozenset(), purpose=Purpose.SERVICE, reach=Reach.ALL)


@contextlib.asynccontextmanager
async def opened(url: str):
    database = Database(url, service="referral", connections=8)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def database(servers):
    async with opened(await servers.database("referral")) as found:
        yield found


async def events(session, subject):
    rows = await (await driver(session)).fetch(
        "SELECT convert_from(payload, 'UTF8')::json->'data' AS data FROM outbox WHERE subject = $1 ORDER BY seq", subject
    )
    return [row["data"] for row in rows]


async def test_a_customer_gets_one_code_and_the_same_again(service_session):
    session = await service_session("referral")
    customer_id, _ = await with_code(session)
    await customers.withdraw_code(session, customer_id=customer_id, now=NOON)

    code, is_new = await actions.issue_code(session, customer_id=customer_id, caller=CALLER, now=NOON)
    again, is_new_again = await actions.issue_code(session, customer_id=customer_id, caller=CALLER, now=NOON)

    assert (is_new, is_new_again) == (True, False)
    assert code.code == again.code == parse_code(code.code)
    (told,) = await events(session, "referral.code.issued.v1")
    assert told == {"customer_id": str(customer_id), "code": code.code}
    acts = [entry["act"] for entry in await events(session, "referral.audit.recorded.v1")]
    assert acts == ["referral_code.issued", "referral_code.read"]


async def test_requests_at_the_same_time_get_one_code(database):
    async with database.begin() as session:
        customer_id, _ = await with_code(session)
        await customers.withdraw_code(session, customer_id=customer_id, now=NOON)

    async def ask():
        async with database.begin() as session:
            return await actions.issue_code(session, customer_id=customer_id, caller=CALLER, now=NOON)

    answers = await asyncio.gather(*(ask() for _ in range(8)))
    assert len({code.code for code, _ in answers}) == 1
    assert Counter(is_new for _, is_new in answers) == {True: 1, False: 7}


async def test_nobody_unknown_gets_a_code(service_session):
    session = await service_session("referral")
    with pytest.raises(CustomerUnknown):
        await actions.issue_code(session, customer_id=new_id(), caller=CALLER, now=NOON)


async def test_a_withdrawn_code_is_gone_and_not_withdrawn_twice(service_session):
    session = await service_session("referral")
    customer_id, _ = await with_code(session)
    await actions.withdraw_code(session, customer_id=customer_id, caller=CALLER, now=NOON)
    with pytest.raises(NoActiveCode):
        await actions.read_code(session, customer_id=customer_id, caller=CALLER)
    with pytest.raises(NoActiveCode):
        await actions.withdraw_code(session, customer_id=customer_id, caller=CALLER, now=NOON)


async def test_a_registration_with_a_code_gives_both_sides_5000_points_in_one_transfer(service_session):
    session = await service_session("referral")
    await with_campaigns(session)
    referrer, code = await with_code(session)
    one = claim(code=code)

    (decision,) = await actions.settle_referrals(session, claims=[one], now=NOON)

    assert isinstance(decision, Reward)
    assert await ledger.balance(session, referrer) == await ledger.balance(session, one.referred_id) == 5000
    (entry,) = await ledger.entries(session, referrer, before=None, limit=5)
    (other,) = await ledger.entries(session, one.referred_id, before=None, limit=5)
    assert entry[1].transfer_id == other[1].transfer_id
    (told,) = await events(session, "referral.referral.rewarded.v1")
    assert told["points_each"] == 5000
    assert (told["referrer_id"], told["referred_id"]) == (str(referrer), str(one.referred_id))
    granted = [item for item in await events(session, "referral.audit.recorded.v1") if item["act"] == "points.granted"]
    assert {item["customer_id"] for item in granted} == {str(referrer), str(one.referred_id)}


async def test_every_refusal_is_told_with_its_rule_and_moves_no_points(service_session):
    session = await service_session("referral")
    await with_campaigns(session)
    home = new_id()
    _, code = await with_code(session, household_id=home)
    gone, withdrawn = await with_code(session)
    await customers.withdraw_code(session, customer_id=gone, now=NOON)
    claims = {
        CodeMalformed: claim(code="not a code"),
        CodeUnknown: claim(code=CODE),
        CodeWithdrawn: claim(code=withdrawn),
        SameHousehold: claim(code=code, household_id=home),
    }

    await actions.settle_referrals(session, claims=list(claims.values()), now=NOON)

    told = await events(session, "referral.referral.refused.v1")
    assert told == [{"referred_id": str(one.referred_id), "rule": broken.rule} for broken, one in claims.items()]
    audited = await events(session, "referral.audit.recorded.v1")
    assert [item["rule"] for item in audited if item["outcome"] == "refused"] == [broken.rule for broken in claims]
    connection = await driver(session)
    assert await connection.fetchval("SELECT count(*) FROM transfer") == 0
    assert await connection.fetchval("SELECT count(*) FROM referral WHERE rule IS NOT NULL") == len(claims)


async def test_a_refused_registration_is_not_rewarded_later(service_session):
    session = await service_session("referral")
    await with_campaigns(session)
    referrer, code = await with_code(session)
    newcomer = new_id()
    await actions.settle_referrals(session, claims=[claim(referred_id=newcomer, code="wrong")], now=NOON)
    (decision,) = await actions.settle_referrals(session, claims=[claim(referred_id=newcomer, code=code)], now=NOON)
    assert isinstance(decision, Refusal)
    assert decision.broken is AlreadyReferred
    assert await ledger.balance(session, referrer) == 0


async def test_a_transfer_that_the_ledger_has_without_its_referral_stops_the_settlement(service_session):
    session = await service_session("referral")
    await with_campaigns(session)
    _, code = await with_code(session)
    one = claim(code=code)
    await ledger.post(session, [transfer((new_id(), 1), reference=f"referral:{one.referred_id}")], now=NOON)
    with pytest.raises(LedgerDisagrees):
        await actions.settle_referrals(session, claims=[one], now=NOON)


@pytest.fixture(scope="session")
async def url_of_many_runs(servers) -> str:
    url = await servers.database("referral")
    async with opened(url) as database, database.begin() as session:
        await with_campaigns(session, daily_cap=4)
    return url


async def settled_as_the_consumer_would(database, claims):
    """One transaction, tried again as a whole when PostgreSQL chose it to end a deadlock."""
    for _ in range(20):
        try:
            async with database.begin() as session:
                return await actions.settle_referrals(session, claims=claims, now=NOON)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            await asyncio.sleep(random.random() / 100)
    raise AssertionError("never settled")


registrations = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2)), min_size=1, max_size=30)


@settings(max_examples=25, deadline=None)
@given(runs=st.lists(registrations, min_size=2, max_size=5), size=st.integers(1, 10))
async def test_registrations_doubled_shuffled_and_settled_at_once_reward_each_newcomer_once(url_of_many_runs, runs, size):
    async with opened(url_of_many_runs) as database:
        async with database.begin() as session:
            owners = [await with_code(session) for _ in range(3)]
        newcomers = [new_id() for _ in range(12)]

        async def worker(run):
            claims = [claim(referred_id=newcomers[who], code=owners[by][1]) for who, by in run]
            for start in range(0, len(claims), size):
                await settled_as_the_consumer_would(database, claims[start : start + size])

        await asyncio.gather(*(worker(run) for run in runs))

        held = await balances(database)
        rows = await database.pool.fetch(
            "SELECT referrer_id, referred_id, rule FROM referral WHERE referred_id = ANY($1)", newcomers
        )
    named = {newcomers[who] for run in runs for who, _ in run}
    assert {row["referred_id"] for row in rows} == named  # each decided, none twice (unique)
    rewards = [(row["referrer_id"], row["referred_id"]) for row in rows if row["rule"] is None]
    assert {row["rule"] for row in rows} <= {None, DailyCapReached.rule}
    for referrer, _ in owners:  # both or neither, and the cap is exact
        count = sum(1 for by, _ in rewards if by == referrer)
        assert held.get(referrer, 0) == 5000 * count
        assert count <= 4
    rewarded = {who for _, who in rewards}
    assert {who: held.get(who, 0) for who in newcomers} == {who: 5000 * (who in rewarded) for who in newcomers}
