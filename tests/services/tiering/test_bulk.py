"""Deciding over columns: the same sums, the same rows and the same outcome as for customers one by one."""

from datetime import UTC, datetime, timedelta

import numpy as np
import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.database import Database
from contracts.values import NeedType, Tier
from services.tiering import actions
from services.tiering.book import PolicyBook
from services.tiering.bulk.deciding import Column, FactsMissing, decide_columns
from services.tiering.bulk.night import retier
from services.tiering.bulk.sums import Sums, full_sums, leaving_days, next_day
from services.tiering.document import digest
from tests.services.tiering.builders import DAY, changed, measured, table
from tests.services.tiering.test_actions import TODAY

NOW = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
HISTORIES = st.lists(
    st.dictionaries(st.integers(0, 400), st.integers(-(10**9), 10**12), min_size=1, max_size=12), min_size=1, max_size=4
)


def write(path, histories):
    rows = [
        {"customer": customer, "day": DAY - timedelta(days=back), "fen": fen}
        for customer, steps in enumerate(histories)
        for back, fen in sorted(steps.items(), reverse=True)
    ]
    pl.DataFrame(rows, {"customer": pl.Int64, "day": pl.Date, "fen": pl.Int64}).write_parquet(path)
    return path


def whole(path, as_of):
    return Sums.of_frame(pl.concat(part.frame() for part in full_sums(path, as_of=as_of)))


def value(steps, back):
    known = [day for day in steps if day >= back]
    return steps[min(known)] if known else 0


def total(steps, first, upto):
    return sum(value(steps, back) for back in range(first, upto))


@settings(max_examples=40, deadline=None)
@given(histories=HISTORIES)
def test_sums_of_sparse_rows_equal_those_over_every_single_day_and_go_one_day_further(histories, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lake")
    sums = whole(write(folder / "holdings.parquet", histories), DAY)
    growth, known = sums.growth(DAY)
    for place, steps in enumerate(histories):
        expected = [total(steps, 0, 30), total(steps, 0, 90), total(steps, 0, 180), total(steps, 180, 270), value(steps, 0)]
        found = [sums.in_30, sums.in_90, sums.in_180, sums.in_90_before, sums.last]
        assert [int(column[place]) for column in found] == expected
        comparable = max(steps) >= 269 and expected[3] > 0
        assert bool(known[place]) == comparable
        if comparable:
            change = (expected[1] - expected[3]) * 10_000
            assert int(growth[place]) == abs(change) // expected[3] * (1 if change >= 0 else -1)

    tomorrow = DAY + timedelta(days=1)
    new = np.array([place * 7 + 1 for place in range(len(histories))], np.int64)
    leaving = {
        days: np.array([value(steps, (DAY - day).days) for steps in histories], np.int64)
        for days, day in leaving_days(tomorrow).items()
    }
    later = [{-1: int(fen), **steps} for fen, steps in zip(new, histories, strict=True)]
    again = whole(write(folder / "holdings.parquet", later), tomorrow)
    assert next_day(Sums.of_frame(sums.frame()), new=new, leaving=leaving).frame().equals(again.frame())


def compiled(made):
    return PolicyBook().add(version=1, mark=digest(made), document=made)


FACTS = st.fixed_dictionaries(
    {
        "assets": st.sampled_from([0, 49_999_999, 50_000_000, 50_000_001, 10**12]) | st.integers(-5, 10**9),
        "contribution": st.sampled_from([0, 999_999, 1_000_000, 1_000_001]),
        "growth": st.none() | st.sampled_from([-1, 2_999, 3_000, 3_001]),
        "need": st.sampled_from(list(NeedType)),
        "payroll": st.booleans(),
    }
)


@settings(max_examples=60, deadline=None)
@given(facts=st.lists(FACTS, min_size=1, max_size=30))
def test_over_columns_the_same_row_fires_as_for_each_customer_alone(facts):
    def change(made):
        content = table(made)
        content["inputs"] += [
            {"id": "need", "name": "", "type": "expression", "field": "need"},
            {"id": "payroll", "name": "", "type": "expression", "field": "payroll"},
        ]
        for rule in content["rules"]:
            rule |= {"need": "", "payroll": ""}
        content["rules"][2] |= {"need": "'investing', 'borrowing'", "payroll": "true"}

    policy = compiled(changed(change))
    growth = [one["growth"] for one in facts]
    needs = [str(need) for need in NeedType]
    columns = {
        "assets_90_fen": Column(np.array([one["assets"] for one in facts])),
        "contribution_fen": Column(np.array([one["contribution"] for one in facts])),
        "growth_180_bp": Column(np.array([one or 0 for one in growth]), np.array([one is not None for one in growth])),
        "need": Column(np.array([needs.index(one["need"]) for one in facts]), None, needs),
        "payroll": Column(np.array([int(one["payroll"]) for one in facts]), None, (False, True)),
    }
    decided = decide_columns(policy, columns, size=len(facts))
    for place, one in enumerate(facts):
        alone = policy.judge_facts(
            {
                "assets_90_fen": one["assets"],
                "contribution_fen": one["contribution"],
                "growth_180_bp": one["growth"],
                "need": str(one["need"]),
                "payroll": one["payroll"],
            }
        )
        assert decided.rows[decided.row[place]] == alone


def test_a_lake_without_a_fact_that_the_policy_reads_is_refused():
    with pytest.raises(FactsMissing, match="assets_90_fen, contribution_fen"):
        decide_columns(compiled(changed(lambda made: None)), {"growth_180_bp": Column(np.zeros(1, np.int64))}, size=1)


@pytest.fixture
async def database(servers):
    found = Database(await servers.database("tiering"), service="tiering")
    await found.open()
    async with found.begin() as session:
        await actions.seed_policies(session, now=NOW - timedelta(days=40))
    yield found
    await found.close()


async def test_a_night_over_the_lake_ends_as_the_ordinary_path_does_and_writes_only_who_differs(database, tmp_path):
    before = [60_000_000, 60_000_000, 0, 0, 0]
    ordinary = [measured(assets=fen) for fen in before]
    async with database.begin() as session:
        await actions.decide_customers(session, measured=ordinary, now=NOW - timedelta(days=1), today=TODAY)
    told = "SELECT count(*) FROM outbox WHERE subject = 'tiering.tier.changed.v1'"
    first = await database.pool.fetchval(told)
    now_held = [70_000_000, 10_000_000, 90_000_000, 0, 0, 1]
    write(tmp_path / "holdings.parquet", [{400: fen} for fen in now_held])
    ids = [str(one.customer_id) for one in ordinary]
    known = {"customer": [0, 1, 2, 3, 5], "customer_id": [*ids[:4], "0190b6c0-0000-7000-8000-000000000001"]}
    pl.DataFrame({**known, "contribution_fen": [0, 0, 0, 1_000_000, 0]}).write_parquet(tmp_path / "customers.parquet")

    night = await retier(database, tmp_path, tmp_path / "out", currency="CNY", as_of=DAY, now=NOW)
    assert (night.customers, night.different, night.up, night.down) == (5, 3, 2, 0)
    assert (night.unlisted, night.unmeasured) == (1, 1)
    rows = await database.pool.fetch("SELECT customer_id, tier, fired, grace_until, as_of, inputs::text AS inputs FROM standing")
    stands = {str(row["customer_id"]): row for row in rows}
    assert [stands[one]["tier"] for one in ids] == ["vip", "vip", "vip", "vip", "ordinary"]
    assert [stands[one]["fired"] for one in ids[1:4]] == ["ordinary.everyday", "vip.assets", "vip.contribution"]
    assert stands[ids[1]]["grace_until"] is not None
    assert orjson.loads(stands[ids[3]]["inputs"])["activity"]["contribution_fen"] == 1_000_000
    assert await database.pool.fetchval(told) == first + 2
    kept = pl.read_parquet(tmp_path / "out" / "*.parquet")
    assert dict(zip(kept["customer_id"], kept["reason"], strict=True))[ids[0]] == "vip.assets"
    entry = await database.pool.fetchval(
        "SELECT payload FROM outbox WHERE subject = 'tiering.audit.recorded.v1' ORDER BY seq DESC"
    )
    said = orjson.loads(entry)["data"]
    assert (said["act"], said["details"]["customers"], said["details"]["different"]) == ("tiers.decided", 5, 3)
    assert night.tiers == {Tier.VIP: 3, Tier.POTENTIAL: 0, Tier.ORDINARY: 2}

    again = await retier(database, tmp_path, tmp_path / "out", currency="CNY", as_of=DAY, now=NOW)
    assert (again.different, await database.pool.fetchval(told)) == (0, first + 2)


async def test_a_night_after_another_looks_only_at_who_has_another_row_than_then(database, tmp_path):
    ordinary = [measured(assets=0) for _ in range(3)]
    async with database.begin() as session:
        await actions.decide_customers(session, measured=ordinary, now=NOW - timedelta(days=1), today=TODAY)
    ids = [str(one.customer_id) for one in ordinary]
    people = pl.DataFrame({"customer": [0, 1, 2], "customer_id": ids, "contribution_fen": [0, 0, 0]})
    people.write_parquet(tmp_path / "customers.parquet")

    async def night(held, out, since=None):
        write(tmp_path / "holdings.parquet", [{400: fen} for fen in held])
        return await retier(database, tmp_path, out, currency="CNY", as_of=DAY, now=NOW, since=since)

    await night([0, 0, 90_000_000], tmp_path / "one")
    await database.pool.execute("UPDATE standing SET fired = 'potential.growth' WHERE customer_id = $1", ordinary[0].customer_id)
    second = await night([0, 90_000_000, 90_000_000], tmp_path / "two", since=tmp_path / "one")
    assert (second.customers, second.different, second.up) == (3, 1, 1)
    (tmp_path / "two" / "ended.json").unlink()  # as a night that broke off leaves it: everybody is looked at
    third = await night([0, 90_000_000, 90_000_000], tmp_path / "three", since=tmp_path / "two")
    assert (third.different, third.up) == (1, 0)


def test_parts_hold_whole_customers_however_the_file_is_cut(tmp_path, monkeypatch):
    histories = [{back: back + customer for back in range(customer % 9 + 1)} for customer in range(200)]
    path = write(tmp_path / "holdings.parquet", histories)
    at_once = whole(path, DAY)
    monkeypatch.setattr("services.tiering.bulk.sums.CHUNK_ROWS", 37)
    parts = [part.frame() for part in full_sums(path, as_of=DAY)]
    assert len(parts) > 3
    assert pl.concat(parts).equals(at_once.frame())
