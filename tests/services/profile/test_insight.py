"""Signals within moments of a row, rules by two persons, verdicts and precision, measures of any day, the watermark."""

# ruff: noqa: E501  # tables of rows read best in one line

from datetime import date, timedelta

import asyncpg
import orjson
import pytest

from chassis.ids import new_id
from contracts.values import Scope
from services.profile.main import SERVICE
from services.profile.measuring import compute
from services.profile.measuring.schemas import MeasuresOut
from tests.services.profile.builders import (
    PRODUCTS,
    account_row,
    balance_row,
    behaviour_row,
    customer_row,
    fact_row,
    transaction_row,
)
from tests.support.apps import run_service
from tests.support.waiting import eventually

ALL = (Scope.PROFILE_FEED, Scope.PROFILE_READ, Scope.POLICY_READ, Scope.POLICY_WRITE, Scope.SUMMARY_READ, Scope.SIGNAL_JUDGE)
EXECUTIVES = {
    "kind": "executive",
    "source": "H17",
    "meaning": "Executives and directors.",
    "cooldown_days": 30,
    "confidence_bp": 8000,
    "when": {"known": {"fact": "employer_role", "values": ["executive", "director"]}},
}


@pytest.fixture(scope="module")
async def service(servers):
    async with run_service(servers, SERVICE) as running:
        running.boss = running.headers(*ALL, subject="boss")
        rows = [customer_row(name, household_no="H1" if name in ("C1", "C2") else "") for name in ("C1", "C2", "C3", "C4")]
        await feed(running, "products", PRODUCTS)
        await feed(running, "customers/batches", rows)
        await feed(running, "accounts", [account_row(f"A{n}", f"C{n}") for n in range(1, 5)] + [account_row("A11", "C1")])
        yield running


async def feed(service, kind, rows):
    answer = await service.client.post(f"/v1/{kind}", json={"rows": rows}, headers=service.headers(*ALL))
    assert answer.json()["refused"] == 0, answer.json()


async def id_of(service, customer_no):
    return await service.database.pool.fetchval("SELECT id FROM customer WHERE customer_no = $1", customer_no)


async def events(service, subject, customer_id):
    rows = await service.database.pool.fetch("SELECT payload FROM outbox WHERE subject = $1", subject)
    told = [orjson.loads(row["payload"])["data"] for row in rows]
    return [event for event in told if event["customer_id"] == str(customer_id)]


async def test_the_row_that_completes_a_signal_raises_it_and_the_note_is_gone(service):
    customer_id, today = await id_of(service, "C3"), service.clock.today()
    at = f"{today}T00:00:01+08:00"
    await feed(service, "balances", [balance_row(str(today - timedelta(days=1)), "60000", "A3")])
    await feed(service, "behaviour", [behaviour_row(f"E{n}", at, "mortgage", customer_no="C3") for n in range(4)])

    async def looked():
        return not await service.database.pool.fetchval("SELECT count(*) FROM touched")

    await eventually(looked)
    assert not await events(service, "profile.signal.raised.v1", customer_id)
    await feed(service, "behaviour", [behaviour_row("E4", at, "mortgage", customer_no="C3")])

    async def raised():
        return await events(service, "profile.signal.raised.v1", customer_id)

    await eventually(raised)
    (event,) = await events(service, "profile.signal.raised.v1", customer_id)
    assert (event["kind"], event["rule"], event["as_of"]) == ("mortgage_bundle", "mortgage_bundle", str(today))
    assert event["evidence"]["ids"] == ["E0", "E1", "E2", "E3", "E4"]
    assert event["evidence"]["amounts_fen"] == {"deposits": 6_000_000}


async def drafted(service, document=EXECUTIVES, subject="drafter", **changes):
    body = {"rule": "executive", "effective_from": str(service.clock.today()), "document": document, **changes}
    return await service.client.post("/v1/policies/signals", json=body, headers=service.headers(*ALL, subject=subject))


async def test_a_rule_takes_two_persons_then_holds_and_is_final(service):
    version = (await drafted(service)).json()["version"]
    path = f"/v1/policies/signals/{version}/approval"
    own = await service.client.post(path, headers=service.headers(*ALL, subject="drafter"))
    assert (own.status_code, own.json()["type"].rsplit(":", 1)[-1]) == (403, "signal-rule-approver-drafted")
    with pytest.raises(asyncpg.CheckViolationError, match="four_eyes"):
        await service.database.pool.execute(
            "UPDATE signal_rule SET approved_by = 'drafter', approved_at = now() WHERE version = $1", version
        )
    customer_id = await id_of(service, "C4")
    assert (await service.client.post(path, headers=service.boss)).json()["approved_by"] == "boss"
    assert (await service.client.post(path, headers=service.boss)).status_code == 409
    with pytest.raises(asyncpg.RestrictViolationError, match="is approved"):
        await service.database.pool.execute("UPDATE signal_rule SET effective_from = now() WHERE version = $1", version)

    await feed(service, "facts", [fact_row("employer_role", "director", customer_no="C4")])

    async def raised():
        return await events(service, "profile.signal.raised.v1", customer_id)

    await eventually(raised)
    assert [(event["rule"], event["rule_version"]) for event in await raised()] == [("executive", version)]
    listed = (await service.client.get("/v1/policies/signals", headers=service.boss)).json()
    assert {rule["rule"]: rule["version"] for rule in listed["in_force"]}["executive"] == version
    assert {rule["rule"]: rule["version"] for rule in listed["in_force"]}["payroll"] == 0


async def test_a_draft_that_is_wrong_or_reaches_back_is_refused_by_place(service):
    wrong = await drafted(service, {**EXECUTIVES, "when": {"known": {"fact": "employer_role"}}})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "body.document")
    assert wrong.json()["detail"] == "rule executive: when.known.values: Field required"
    back = await drafted(service, effective_from=str(service.clock.today() - timedelta(days=1)))
    assert (back.status_code, back.json()["field"]) == (422, "body.effective_from")
    unknown = await service.client.post("/v1/policies/signals/999/approval", headers=service.boss)
    assert unknown.status_code == 404


async def test_staff_judge_a_signal_once_and_the_rules_precision_follows(service):
    customer_id = await id_of(service, "C1")
    signals = [new_id() for _ in range(4)]
    await service.database.pool.executemany(
        "INSERT INTO signal (id, customer_id, kind, subject, as_of, confidence_bp, evidence, rule, rule_version)"
        " VALUES ($1, $2, 'large_outflow', $3, '2026-01-05', 1, '{}', 'large_outflow', 0)",
        [(signal_id, customer_id, str(signal_id)) for signal_id in signals],
    )
    paths = [f"/v1/customers/{customer_id}/signals/{signal_id}/verdict" for signal_id in signals]
    accepted, dismissed = {"verdict": "accepted", "reason": "acted_on"}, {"verdict": "dismissed", "reason": "explained"}
    for path, said in zip(paths, (accepted, accepted, dismissed), strict=False):
        assert (await service.client.post(path, json=said, headers=service.boss)).status_code == 201
    again = await service.client.post(paths[0], json=dismissed, headers=service.boss)
    assert (again.status_code, again.json()["type"].rsplit(":", 1)[-1]) == (409, "signal-judged-before")
    stranger = f"/v1/customers/{await id_of(service, 'C2')}/signals/{signals[3]}/verdict"
    assert (await service.client.post(stranger, json=accepted, headers=service.boss)).status_code == 404

    report = (await service.client.get("/v1/summary/signals/precision", headers=service.boss)).json()
    (row,) = [row for row in report if row["rule"] == "large_outflow"]
    assert row == {
        "rule": "large_outflow", "kind": "large_outflow", "raised": 4, "accepted": 2, "dismissed": 1, "open": 1, "precision_bp": 6666,
    }  # fmt: skip
    told = await events(service, "profile.signal.judged.v1", customer_id)
    assert sorted(event["reason"] for event in told) == ["acted_on", "acted_on", "explained"]
    audited = await events(service, "profile.audit.recorded.v1", customer_id)
    assert [entry["actor"] for entry in audited if entry["act"] == "signal.judged"] == ["boss"] * 3


async def test_measures_of_any_past_day_are_computed_from_the_history_and_say_how_complete_it_was(service):
    customer_id = await id_of(service, "C2")
    await feed(service, "balances", [balance_row("2026-03-02", "300", "A2")])
    path = f"/v1/customers/{customer_id}/measures"
    found = (await service.client.get(path, params={"at": "2026-03-31"}, headers=service.boss)).json()
    assert (found["as_of"], found["assets_30"], found["version"]) == ("2026-03-31", 30_000, None)
    assert (found["data_complete_to"], found["stale"]) == (None, False)
    held = await service.client.put("/v1/feed/watermark", json={"day": "2026-03-30"}, headers=service.boss)
    earlier = await service.client.put("/v1/feed/watermark", json={"day": "2026-01-01"}, headers=service.boss)
    assert held.json() == earlier.json() == {"day": "2026-03-30"}
    found = (await service.client.get(path, params={"at": "2026-03-31"}, headers=service.boss)).json()
    assert (found["data_complete_to"], found["stale"]) == ("2026-03-30", True)
    assert not await service.database.pool.fetchval("SELECT count(*) FROM measures WHERE customer_id = $1", customer_id)
    future = await service.client.get(path, params={"at": str(service.clock.today())}, headers=service.boss)
    assert future.status_code == 422


async def test_a_run_that_waits_begins_when_the_feed_is_complete(service):
    body = {"as_of": "2026-05-31", "wait_for_feed": True}
    started = (await service.client.post("/v1/measures/runs", json=body, headers=service.boss)).json()
    path = f"/v1/measures/runs/{started['run_id']}"
    assert started["state"] == "waiting"

    async def put_off():
        return await service.database.pool.fetchval(
            "SELECT due_at > now() + interval '1 minute' FROM timer WHERE key = $1", started["run_id"]
        )

    await eventually(put_off)
    await service.client.put("/v1/feed/watermark", json={"day": "2026-05-31"}, headers=service.boss)

    async def done():
        return (await service.client.get(path, headers=service.boss)).json()["state"] == "done"

    await eventually(done)
    measured = await events(service, "profile.measures.computed.v1", await id_of(service, "C1"))
    assert [(event["data_complete_to"], event["stale"]) for event in measured] == [("2026-05-31", False)]


async def test_every_measure_that_is_shown_has_its_definition(service):
    items = (await service.client.get("/v1/measures/definitions", headers=service.boss)).json()["items"]
    about = {"customer_id", "as_of", "version", "data_complete_to", "stale", "currency"}
    assert {item["name"] for item in items} == set(MeasuresOut.model_fields) - about
    assert all(item["unit"] and item["definition"] for item in items)


async def measured(load, database, **rows):
    """Measures by customer number."""
    await load(**rows)
    await compute(database, as_of=AS_OF)
    found = await database.pool.fetch("SELECT c.customer_no, m.* FROM measures m JOIN customer c ON c.id = m.customer_id")
    return {row["customer_no"]: row for row in found}


AS_OF = date(2026, 2, 28)


def on(days_before):
    return (AS_OF - timedelta(days=days_before)).isoformat()


def moved(number, day, amount, source, target):
    """A transfer as both accounts book it."""
    return [
        transaction_row(f"D{number}", day, amount, account_no=source, counterparty_account_no=target, channel="app"),
        transaction_row(f"C{number}", day, amount, account_no=target, counterparty_account_no=source, direction="credit"),
    ]


async def test_money_of_the_household_and_of_own_accounts_is_no_growth_and_no_leaving_and_a_strangers_is(load, database):
    members = {"giver": "H1", "taker": "H1", "alone": "", "stranger": ""}
    found = await measured(
        load,
        database,
        customers=[customer_row(name, household_no=home, opened_on="2015-01-01") for name, home in members.items()],
        accounts=[account_row(f"A-{name}", name) for name in members] + [account_row("B-alone", "alone", "FUN")],
        balances=[balance_row(on(300), "10000", f"A-{name}") for name in members]
        + [balance_row(on(100), "1000", "A-giver"), balance_row(on(100), "19000", "A-taker"), balance_row(on(100), "19000", "A-stranger")]
        + [balance_row(on(100), "2000", "A-alone"), balance_row(on(100), "8000", "B-alone")],
        transactions=moved("1", on(100), "9000", "A-giver", "A-taker")
        + moved("2", on(100), "8000", "A-alone", "B-alone")
        + [transaction_row("S", on(100), "9000", account_no="A-stranger", direction="credit", counterparty_account_no="ELSEWHERE")],
    )  # fmt: skip
    assert {name: row["growth_180_bp"] for name, row in found.items()} == {
        "giver": 0,
        "taker": 0,
        "alone": 0,
        "stranger": 9_000,
    }
    assert found["giver"]["relation_stage"] == found["taker"]["relation_stage"] == "mature"
    assert {row["household_90"] for name, row in found.items() if name in ("giver", "taker")} == {2_000_000}
    assert (found["alone"]["household_90"], found["alone"]["assets_90"]) == (1_000_000, 1_000_000)
    by_class = orjson.loads(found["alone"]["assets_by_class"])
    assert {kind: windows["days_90"] for kind, windows in by_class.items()} == {"demand": 200_000, "fund": 800_000}


async def test_dealings_on_the_rise_leave_out_moves_between_own_accounts_and_at_home(load, database):
    outside = [transaction_row(f"T{n}", on(day), "5", kind="card") for n, day in enumerate((269, 180, 89, 40, 0))]
    inside = [row for n in range(3) for row in moved(f"I{n}", on(n), "5", "A1", "A2")]
    found = await measured(
        load,
        database,
        customers=[customer_row("C1"), customer_row("C2")],
        accounts=[account_row(), account_row("A2"), account_row("A3", "C2")],
        balances=[balance_row(on(269), "10"), balance_row(on(268), "10", "A3")],
        transactions=outside + inside + [transaction_row("X", on(200), "5", account_no="A3")],
    )
    assert (found["C1"]["dealings_growth_180_bp"], found["C1"]["dealings_90"]) == (5_000, 9)
    assert found["C2"]["dealings_growth_180_bp"] is None
