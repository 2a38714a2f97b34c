"""The language of signal rules: what it refuses and names, and what each operator finds."""

from datetime import date, timedelta

import pytest

from chassis.database import driver
from services.profile.measuring.policy import packaged_rules
from services.profile.measuring.rules_language import (
    Scope,
    SignalRuleMalformed,
    Verdict,
    compile_rule,
    compile_verdicts,
    read_rule,
    sources_of,
)
from tests.services.profile.builders import account_row, balance_row, behaviour_row, customer_row, fact_row, transaction_row

# ruff: noqa: E501  # tables of rows read best in one line
AS_OF = date(2026, 2, 28)
LOGINS = {"behaviour": {"kinds": ["login"]}}
PAID = {"transactions": {"direction": "debit", "kinds": ["bill"]}}


def on(days_before: int) -> str:
    return (AS_OF - timedelta(days=days_before)).isoformat()


def rule(**when):
    return {"kind": "birthday", "source": "H13", "meaning": "a test", "cooldown_days": 1, "confidence_bp": 1, "when": when}


def counted(**changes):
    return rule(count={"name": "seen", "of": LOGINS, "window_days": 30, "at_least": 2, **changes})


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (rule(), "when: "),
        (rule(count=None), "when: "),
        (rule(sum={}), "when.sum: "),
        (rule(age={"at_least": 65}, known={"fact": "x", "values": ["y"]}), "when: "),
        (counted(at_least=0), "when.count.at_least: "),
        (counted(name="Robert'); --"), "when.count.name: "),
        (counted(of={"behaviour": {"kinds": ["secret-9911"]}}), "when.count.of.behaviour.kinds.0: "),
        (counted(of={}), "when.count.of: "),
        (rule(together=[{"age": {"at_least": 65}}]), "when.together: "),
        (rule(either=[{"age": {"at_least": 1}}, {"age": {}}]), "when.either.1.age.at_least: "),
        (rule(anniversary={"of": "fact", "ahead_days": 3}), "when.anniversary: "),
        (rule(anniversary={"of": "birth_date", "calendar": "lunar", "ahead_days": 3}), "when.anniversary: "),
        ({**counted(), "kind": "secret-9911"}, "kind: "),
        ({**counted(), "source": "somewhere"}, "source: "),
    ],
)
def test_a_document_with_a_wrong_word_is_refused_by_rule_and_place_and_is_not_quoted(document, place):
    with pytest.raises(SignalRuleMalformed) as refused:
        read_rule("mine", document)
    assert refused.value.detail.startswith(f"rule mine: {place}")
    assert "9911" not in refused.value.detail
    assert "Robert" not in refused.value.detail


def test_conditions_that_stand_too_deep_are_refused_with_their_place():
    deep = {"age": {"at_least": 1}}
    for _ in range(4):
        deep = {"either": [deep, {"age": {"at_least": 2}}]}
    with pytest.raises(
        SignalRuleMalformed, match=r"rule mine: when.either.0.either.0.either.0.either: conditions stand more than 4 deep"
    ):
        read_rule("mine", rule(**deep))


def test_a_rule_tells_which_rows_of_the_feed_can_make_it_true():
    found = {name: set(sources_of(rule)) for name, rule in packaged_rules().items()}
    assert found["mortgage_bundle"] == {"behaviour", "balances"}
    assert found["complex_need"] == {"behaviour", "facts", "accounts"}
    assert found["large_outflow"] == found["education_fund"] == found["payroll"] == {"transactions"}
    assert (found["birthday"], found["lunar_birthday"]) == (set(), {"facts"})


def test_no_value_of_a_rule_stands_in_its_statement():
    statement = compile_rule(read_rule("mine", counted(name="bobby_tables", at_least=77)), Scope.RANGE)
    assert "bobby_tables" not in statement.sql
    assert "77" not in statement.sql
    assert {"bobby_tables", 77} <= {value for value in statement.values if isinstance(value, str | int)}


async def found(database, document, scope=Scope.RANGE, as_of=AS_OF):
    """Evidence by customer number."""
    statement = compile_rule(read_rule("mine", document), scope)
    async with database.begin() as session:
        connection = await driver(session)
        rows = await connection.fetch("SELECT id, customer_no FROM customer ORDER BY id")
        names = {row["id"]: row["customer_no"] for row in rows}
        ids = list(names)
        customers = [ids[0], ids[-1]] if scope is Scope.RANGE else [ids]
        got = await connection.fetch(statement.sql, as_of, *customers, *statement.arguments(as_of))
    return {names[row["customer_id"]]: dict(row) for row in got}


async def test_operators_find_whom_they_describe_in_a_range_and_in_a_list_alike(load, database):
    people = ["few", "many", "saver", "both", "riser", "steady", "streak", "gap"]
    await load(
        customers=[customer_row(name) for name in people],
        accounts=[account_row(f"A-{name}", name) for name in people],
        balances=[balance_row(on(3), "900", "A-saver"), balance_row(on(3), "500", "A-both"), balance_row(on(3), "499.99", "A-many")],
        behaviour=[
            behaviour_row(f"E{name}{n}", f"{on(n)}T10:00:00+08:00", "deposit", kind="login", customer_no=name)
            for name, times in (("few", 1), ("many", 2), ("both", 3))
            for n in range(times)
        ],
        transactions=[
            transaction_row(f"T{name}{n}", day, amount, account_no=f"A-{name}", kind="bill")
            for name, rows in {
                "riser": [(on(40), "100"), (on(25), "100"), (on(2), "250")],
                "steady": [(on(40), "100"), (on(25), "100"), (on(2), "140")],
                "streak": [("2025-12-05", "5"), ("2026-01-31", "5"), ("2026-02-01", "5")],
                "gap": [("2025-11-05", "5"), ("2025-12-31", "5"), ("2026-02-01", "5")],
            }.items()
            for n, (day, amount) in enumerate(rows)
        ],
    )  # fmt: skip
    seen = {"count": {"name": "seen", "of": LOGINS, "window_days": 30, "at_least": 2}}
    saved = {"holds": {"name": "saved", "classes": ["demand"], "at_least_major": 500}}
    spent = {"name": "spent", "of": PAID, "floor_major": 10, "multiple": 2}
    asked = {
        "count": (rule(**seen), {"many", "both"}),
        "together": (rule(together=[seen, saved]), {"both"}),
        "either": (rule(either=[seen, saved]), {"many", "both", "saver"}),
        "growth of a day": (rule(growth={**spent, "per": "day", "window_days": 10, "past_days": 60}), {"riser"}),
        "growth of a window": (rule(growth={**spent, "per": "window", "window_days": 20, "past_days": 40, "multiple": 2}), {"riser"}),
        "consecutive": (
            rule(consecutive={"name": "paid", "of": PAID, "by": "month", "at_least": 3, "window_days": 120}), {"streak"},
        ),
    }  # fmt: skip
    for name, (document, expected) in asked.items():
        evidence = await found(database, document)
        assert set(evidence) == expected, name
        assert evidence == await found(database, document, Scope.LISTED), name
    both = (await found(database, asked["together"][0]))["both"]
    assert (both["counts"], both["amounts_fen"]) == ({"seen": 3}, {"saved": 50_000})
    assert both["ids"] == ["Eboth2", "Eboth1", "Eboth0"]
    riser = (await found(database, asked["growth of a window"][0]))["riser"]
    assert riser["amounts_fen"] == {"spent": 25_000, "usual": 10_000}


async def test_lunar_birthdays_are_kept_on_their_lunar_day_and_the_thirtieth_on_the_last_day_of_a_short_month(load, database):
    days = {"C1": "01-15", "C2": "12-30", "C3": "01-01", "C4": "06-06"}
    await load(
        customers=[customer_row(name) for name in days],
        facts=[fact_row("lunar_birthday", day, customer_no=name) for name, day in days.items()],
    )
    kept = rule(anniversary={"of": "fact", "fact": "lunar_birthday", "calendar": "lunar", "ahead_days": 30})
    evidence = await found(database, kept, as_of=date(2026, 2, 10))
    # New Year 2026 is on 17 February; the twelfth month before it has 29 days
    assert {name: row["subject"] for name, row in evidence.items()} == {
        "C1": "2026-03-03", "C2": "2026-02-16", "C3": "2026-02-17",
    }  # fmt: skip


async def test_a_salary_that_slips_over_the_end_of_a_month_still_counts_every_month_and_others_are_told_why_not(load, database):
    paid = {
        "slips": [("2025-10-01", "8000"), ("2025-10-31", "8000"), ("2025-12-01", "12000"), ("2025-12-31", "16000"), ("2026-01-30", "8000")],
        "ended": [("2025-09-10", "8000"), ("2025-10-10", "8000"), ("2025-11-10", "8000"), ("2025-12-10", "8000"), ("2026-01-10", "8000")],
        "few": [("2026-01-10", "8000"), ("2026-02-10", "8000")],
        "uneven": [("2025-10-10", "10"), ("2025-11-10", "10"), ("2025-12-10", "10"), ("2026-01-10", "900"), ("2026-02-10", "900")],
    }  # fmt: skip
    await load(
        customers=[customer_row(name) for name in paid],
        accounts=[account_row(f"A-{name}", name) for name in paid],
        transactions=[
            transaction_row(f"T{name}{n}", day, amount, account_no=f"A-{name}", kind="salary", direction="credit")
            for name, rows in paid.items()
            for n, (day, amount) in enumerate(rows)
        ],
    )
    regular = packaged_rules()["payroll"].when.regular
    statement = compile_verdicts(regular)
    async with database.begin() as session:
        connection = await driver(session)
        rows = await connection.fetch(
            f"SELECT c.customer_no, v.verdict FROM ({statement.sql}) v JOIN customer c ON c.id = v.customer_id",
            AS_OF,
            *await connection.fetchrow(
                "SELECT (array_agg(id ORDER BY id))[1], (array_agg(id ORDER BY id DESC))[1] FROM customer"
            ),
            *statement.arguments(AS_OF),
        )
    assert {row["customer_no"]: Verdict(row["verdict"]) for row in rows} == {
        "slips": Verdict.FOUND,
        "ended": Verdict.ENDED,
        "few": Verdict.TOO_FEW_MONTHS,
        "uneven": Verdict.AMOUNTS_TOO_UNEVEN,
    }
