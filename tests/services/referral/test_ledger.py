import asyncio
import contextlib
from collections import Counter

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.database import Database, driver
from chassis.ids import new_id
from services.referral.rules.ledger import ISSUER, NotEnoughPoints
from services.referral.store import ledger
from tests.services.referral.builders import NOON, balances, check_now, transfer
from tests.support.servers import TestServers


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


async def posted(database, *transfers):
    async with database.begin() as session:
        return await ledger.post(session, transfers, now=NOON)


async def test_a_transfer_opens_accounts_and_moves_points(database):
    anna, bert = new_id(), new_id()
    made = transfer((anna, 5000), (bert, 5000))
    assert await posted(database, made) == {made.transfer_id}
    assert await balances(database) == {anna: 5000, bert: 5000}
    assert await database.pool.fetchval("SELECT sum(amount) FROM entry WHERE account_id = $1", ISSUER) == -10000


async def test_a_reference_is_posted_once_however_often_it_is_asked_for(database):
    anna = new_id()
    first, again = transfer((anna, 10), reference="once"), transfer((anna, 10), reference="once")
    assert await posted(database, first, again) == {first.transfer_id}
    assert await posted(database, again) == set()
    assert await balances(database) == {anna: 10}


async def test_entries_of_one_batch_are_numbered_and_carry_the_running_balance(database):
    anna, bert = new_id(), new_id()
    await posted(database, transfer((anna, 10)), transfer((anna, -4), (bert, 4)), transfer((anna, 1)))
    await posted(database, transfer((anna, 2)))
    rows = await database.pool.fetch(
        "SELECT sequence, amount, balance_after FROM entry WHERE account_id = $1 ORDER BY sequence", anna
    )
    assert [tuple(row) for row in rows] == [(1, 10, 10), (2, -4, 6), (3, 1, 7), (4, 2, 9)]


async def test_an_account_cannot_give_what_it_does_not_have(database):
    anna, bert = new_id(), new_id()
    await posted(database, transfer((anna, 10)))
    with pytest.raises(NotEnoughPoints):
        await posted(database, transfer((anna, -11), (bert, 11)))
    with pytest.raises(NotEnoughPoints):  # not even for a moment within a batch that ends well
        await posted(database, transfer((bert, -1), (anna, 1)), transfer((bert, 1)))
    assert await balances(database) == {anna: 10}


async def test_a_transaction_that_fails_after_posting_leaves_nothing(database):
    async def fail():
        async with database.begin() as session:
            await ledger.post(session, [transfer((new_id(), 5000), (new_id(), 5000))], now=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await balances(database) == {}
    assert await database.pool.fetchval("SELECT count(*) FROM transfer") == 0


async def test_a_serialization_failure_is_not_called_a_lack_of_points(database):
    anna = new_id()
    await posted(database, transfer((anna, 10)))

    async def overtaken():
        async with database.begin() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            await (await driver(session)).fetch("SELECT FROM account")
            await posted(database, transfer((anna, 1)))
            await ledger.post(session, [transfer((anna, -5))], now=NOON)

    with pytest.raises(asyncpg.SerializationError):
        await overtaken()
    assert await balances(database) == {anna: 11}


async def test_a_deadlock_is_not_called_a_lack_of_points(database):
    anna, bert = new_id(), new_id()
    await posted(database, transfer((anna, 10), (bert, 10)))
    both_hold_one = asyncio.Barrier(2)

    async def two_steps(first, second):
        async with database.begin() as session:
            await ledger.post(session, [transfer((first, -1))], now=NOON)
            await both_hold_one.wait()
            await ledger.post(session, [transfer((second, -1))], now=NOON)

    outcomes = await asyncio.gather(two_steps(anna, bert), two_steps(bert, anna), return_exceptions=True)
    assert Counter(type(outcome) for outcome in outcomes) == {type(None): 1, asyncpg.DeadlockDetectedError: 1}
    assert await balances(database) == {anna: 9, bert: 9}


START = 20
names = st.sampled_from("abcd")
moves = st.tuples(st.integers(0, 8), names, names, st.integers(-30, 30).filter(bool)).filter(lambda move: move[1] != move[2])


@pytest.fixture(scope="session")
async def url_of_many_runs(servers: TestServers) -> str:
    return await servers.database("referral")


def calculated(held, done, batch):
    """What a batch of moves makes of `held`, or None when somebody would fall below zero on the way."""
    held, done = Counter(held), set(done)
    for reference, giver, taker, amount in batch:
        if reference in done:
            continue
        done.add(reference)
        held[giver] -= amount
        held[taker] += amount
        if min(held[giver], held[taker]) < 0:
            return None
    return held, done


@settings(max_examples=40, deadline=None)
@given(batches=st.lists(st.lists(moves, min_size=1, max_size=3), max_size=8))
async def test_any_sequence_of_transfers_ends_as_simple_arithmetic_says(url_of_many_runs, batches):
    people, run = {name: new_id() for name in "abcd"}, new_id()
    held, done = Counter(dict.fromkeys(people, START)), set()
    async with opened(url_of_many_runs) as database:
        await posted(database, *(transfer((person, START)) for person in people.values()))
        for batch in batches:
            result = calculated(held, done, batch)
            transfers = [
                transfer((people[giver], -amount), (people[taker], amount), reference=f"{run}:{reference}")
                for reference, giver, taker, amount in batch
            ]
            if result is None:
                with pytest.raises(NotEnoughPoints):
                    await posted(database, *transfers)
                continue
            assert len(await posted(database, *transfers)) == len(result[1] - done)
            held, done = result
        found = await balances(database)
    assert {name: found[person] for name, person in people.items()} == dict(held)


BY_HAND = {
    "a transfer without entries": (
        "INSERT INTO transfer VALUES (gen_random_uuid(), 'x', 'PTS', now(), now())",
        "transfer_sums_to_zero",
    ),
    "an entry that comes too late": (
        """
        INSERT INTO entry SELECT transfer_id, 'ISSUER', 'PTS', 1 FROM entry
        GROUP BY transfer_id HAVING bool_and(account_id <> 'ISSUER')
        """,
        "transfer_sums_to_zero",
    ),
    "a balance without entries": ("UPDATE account SET balance = balance + 1 WHERE kind = 'customer'", "balance_equals_entries"),
    "an account that opens with points": (
        "INSERT INTO account VALUES (gen_random_uuid(), 'customer', 'PTS', 5, 0, now())",
        "balance_equals_entries",
    ),
    "a customer's entry outside the balance": (
        """
        WITH t AS (INSERT INTO transfer VALUES (gen_random_uuid(), 'x', 'PTS', now(), now()) RETURNING transfer_id)
        INSERT INTO entry SELECT transfer_id, account_id, 'PTS', CASE kind WHEN 'issuer' THEN -1 ELSE 1 END
        FROM t, (SELECT * FROM account ORDER BY kind DESC LIMIT 2) a
        """,
        "entry_in_balance",
    ),
    "an account for cash": ("INSERT INTO account VALUES (gen_random_uuid(), 'cash', 'PTS', 0, 0, now())", "ck_account_kind"),
    "an account in yuan": (
        "INSERT INTO account VALUES (gen_random_uuid(), 'customer', 'CNY', 0, 0, now())",
        "ck_account_points_only",
    ),
    "a transfer in yuan": (
        "INSERT INTO transfer VALUES (gen_random_uuid(), 'x', 'CNY', now(), now())",
        "ck_transfer_points_only",
    ),
    "an entry in yuan": (
        "INSERT INTO entry SELECT transfer_id, 'ISSUER', 'CNY', 1 FROM transfer LIMIT 1",
        "ck_entry_points_only",
    ),
    "a second issuer": (
        "INSERT INTO account VALUES (gen_random_uuid(), 'issuer', 'PTS', NULL, NULL, now())",
        "uq_account_issuer",
    ),
    "an issuer with a balance": ("UPDATE account SET balance = 0 WHERE kind = 'issuer'", "ck_account_issuer_without_balance"),
    "an account that becomes the issuer": ("UPDATE account SET kind = 'issuer' WHERE kind = 'customer'", "account_guard"),
    "an account that forgets entries": ("UPDATE account SET entries = 0 WHERE kind = 'customer'", "account_guard"),
}


@pytest.mark.parametrize("what", BY_HAND)
async def test_what_nobody_may_write_is_refused_by_the_database(service_session, what):
    session = await service_session("referral")
    anna, bert = new_id(), new_id()
    await ledger.post(session, [transfer((anna, 7)), transfer((anna, -7), (bert, 7))], now=NOON)
    await check_now(session)
    statement, constraint = BY_HAND[what]
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await (await driver(session)).execute(statement.replace("ISSUER", str(ISSUER)))
    assert refusal.value.constraint_name == constraint


STATEMENTS = [
    f"{verb} {table}" for table in ("transfer", "entry", "referral", "campaign_policy") for verb in ("DELETE FROM", "TRUNCATE")
] + [
    "UPDATE transfer SET reference = reference",
    "UPDATE entry SET amount = 1",
    "UPDATE referral SET rule = 'x'",
    "UPDATE campaign_policy SET version = 2",
    "DELETE FROM account",
    "TRUNCATE account CASCADE",
    "DELETE FROM referral_code",
    "TRUNCATE referral_code",
]


@pytest.mark.parametrize("role", ["service", "superuser", "replica"])
async def test_no_role_can_change_or_delete_what_was_posted(database, role):
    await posted(database, transfer((new_id(), 5000)))
    url = database.url if role == "service" else database.url.replace("//referral@", "//postgres@")
    async with opened(url) as other:
        connection = await other.connect()
        assert await connection.fetchval("SELECT current_user") == ("referral" if role == "service" else "postgres")
        if role == "replica":
            await connection.execute("SET session_replication_role = replica")
        for statement in STATEMENTS:
            # a table that others refer to is refused one step earlier
            with pytest.raises((asyncpg.RestrictViolationError, asyncpg.FeatureNotSupportedError)):
                await connection.execute(statement)
        await connection.close()
    assert len(await balances(database)) == 1
