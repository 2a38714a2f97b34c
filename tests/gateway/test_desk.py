"""The case desk (H19) through the door, on a real PostgreSQL and a real NATS."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from chassis.ids import new_id
from contracts.events.profile import CustomerChanged, CustomerRegistered
from contracts.events.tiering import TierChanged
from contracts.values import Role, SignalKind, Tier
from tests.gateway.bank import CUSTOMER, STRANGER, Bank
from tests.gateway.desk import PROPOSAL, TEAM, deliver, hand_in, member, open_case, person, seed, signal, state_of, told

DEPARTMENTS = ["personal_loans", "private_banking", "corporate"]


async def test_a_case_runs_from_opening_to_the_accepted_proposal(bank: Bank) -> None:
    await seed(bank)
    opened = await open_case(bank)
    assert opened.status_code == 201
    case = opened.json()
    assert (case["state"], case["lead"], case["missing_sections"]) == ("working", "P1", DEPARTMENTS)
    assert [m["lead"] for m in case["members"]].count(True) == 1
    assert "department:corporate" in next(m for m in case["members"] if m["department"] == "corporate")["reasons"]
    deadline = datetime.fromisoformat(case["deadline"]) - datetime.fromisoformat(case["opened_at"])
    assert deadline == timedelta(hours=72)

    for staff_no, department in zip(("L1", "P1", "C1"), DEPARTMENTS, strict=True):
        early = await deliver(bank, case["case_id"], "P1")
        assert (early.status_code, early.json()["rule"]) == (409, "sections-missing")
        assert (await hand_in(bank, case["case_id"], department, staff_no)).status_code == 200
    delivered = await deliver(bank, case["case_id"], "P1")
    assert delivered.json()["state"] == "proposed"
    closed = await bank.client.post(
        f"/v1/cases/{case['case_id']}/closing", json={"outcome": "accepted"}, headers=member(bank, "P1")
    )
    assert (closed.json()["state"], closed.json()["outcome"]) == ("closed", "accepted")
    steps = [step["step"] for step in closed.json()["steps"]]
    assert steps == ["opened", "team_assembled", *["section_handed_in"] * 3, "proposal_delivered", "closed"]
    for event_type, count in (("case.opened", 1), ("team.assembled", 1), ("section.submitted", 3), ("case.closed", 1)):
        assert [event["version"] for event in await told(bank, f"gateway.{event_type}.v1")] == list(range(1, count + 1))
    assert (await told(bank, "gateway.proposal.delivered.v1"))[0]["in_time"] is True


async def test_no_text_of_a_case_leaves_in_an_event(bank: Bank) -> None:
    await seed(bank)
    case = (await open_case(bank)).json()
    await hand_in(bank, case["case_id"], "corporate", "C1", text="王小明 13800138000 wants a villa")
    rows = await bank.gateway.database.pool.fetch("SELECT payload FROM outbox")
    assert rows
    assert not any(word.encode() in row["payload"] for row in rows for word in ("王小明", "13800138000", "villa", "Staff C1"))


@pytest.mark.parametrize(("department", "staff_no"), [("corporate", "L1"), ("personal_loans", "C1"), ("wealth", "P1")])
async def test_a_section_is_handed_in_by_its_departments_member_only(bank: Bank, department: str, staff_no: str) -> None:
    await seed(bank)
    case = (await open_case(bank)).json()
    answer = await hand_in(bank, case["case_id"], department, staff_no)
    assert (answer.status_code, answer.json()["rule"]) == (403, "not-the-departments-member")


async def test_only_the_lead_delivers_and_closes(bank: Bank) -> None:
    await seed(bank)
    case = (await open_case(bank)).json()
    for path, body in (("proposal", {"text": PROPOSAL}), ("closing", {"outcome": "withdrawn"})):
        answer = await bank.client.post(f"/v1/cases/{case['case_id']}/{path}", json=body, headers=member(bank, "L1"))
        assert (answer.status_code, answer.json()["rule"]) == (403, "not-the-lead")


async def test_a_section_handed_in_again_replaces_the_first(bank: Bank) -> None:
    await seed(bank)
    case = (await open_case(bank)).json()
    await hand_in(bank, case["case_id"], "corporate", "C1", "one")
    again = (await hand_in(bank, case["case_id"], "corporate", "C1", "two")).json()
    assert [section["text"] for section in again["sections"]] == ["two"]
    assert [event["version"] for event in await told(bank, "gateway.section.submitted.v1")] == [1, 2]


async def test_a_case_out_of_reach_looks_like_one_that_is_not_there(bank: Bank) -> None:
    await seed(bank)
    case = (await open_case(bank)).json()
    stranger = member(bank, "X9")
    for case_id in (case["case_id"], str(new_id())):
        answer = await bank.client.get(f"/v1/cases/{case_id}", headers=stranger)
        assert (answer.status_code, answer.json()["rule"]) == (404, "case-unknown")
    assert (await bank.client.get("/v1/cases", headers=stranger)).json()["items"] == []
    assert (await bank.client.get(f"/v1/cases/{case['case_id']}", headers=member(bank, "C1"))).status_code == 200
    everybody = await bank.client.get("/v1/cases", headers=bank.bearer(Role.COMPLIANCE))
    assert [row["case_id"] for row in everybody.json()["items"]] == [case["case_id"]]


async def test_the_branch_sees_its_customers_cases(bank: Bank) -> None:
    await seed(bank)
    await bank.gateway.publish(CustomerRegistered(**state_of(CUSTOMER, branch="SH-01")))
    await bank.gateway.settled()
    case = (await open_case(bank)).json()
    assert case["branch"] == "SH-01"
    for branch, seen in (("SH-01", 1), ("BJ-01", 0)):
        headers = bank.bearer(Role.BRANCH_MANAGER, branch=branch, staff_no=f"M-{branch}")
        assert len((await bank.client.get("/v1/cases", headers=headers)).json()["items"]) == seen


async def test_cases_come_in_pages_the_newest_first(bank: Bank) -> None:
    await seed(bank)
    bank.profile.allowed = lambda question: True
    ids = [(await open_case(bank, new_id())).json()["case_id"] for _ in range(5)]
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = await bank.client.get(f"/v1/cases?limit=2{cursor and '&cursor=' + cursor}", headers=bank.adviser())
        seen += [row["case_id"] for row in page.json()["items"]]
        cursor = page.json()["next"]
    assert seen == ids[::-1]


async def test_a_case_for_somebody_elses_customer_is_refused(bank: Bank) -> None:
    answer = await open_case(bank, STRANGER)
    assert (answer.status_code, answer.json()["rule"]) == (403, "not-your-customer")
    assert await told(bank, "gateway.case.opened.v1") == []


async def test_an_unknown_cause_is_refused(bank: Bank) -> None:
    answer = await open_case(bank, cause="moon_landing")
    assert (answer.status_code, answer.json()["rule"], answer.json()["field"]) == (422, "cause-unknown", "body.cause")


async def test_a_customer_has_one_open_case_for_a_cause(bank: Bank) -> None:
    await seed(bank)
    assert (await open_case(bank)).status_code == 201
    again = await open_case(bank)
    assert (again.status_code, again.json()["rule"]) == (409, "open-case-exists")
    assert (await open_case(bank, cause="executive_household")).status_code == 201


async def test_many_who_open_at_once_open_one_case(bank: Bank) -> None:
    await seed(bank)
    answers = await asyncio.gather(*(open_case(bank) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert len(await told(bank, "gateway.case.opened.v1")) == 1


async def test_nobody_is_put_on_more_cases_than_their_cap_by_cases_opened_at_once(bank: Bank) -> None:
    bank.profile.allowed = lambda question: True
    await seed(bank, [{**row, "case_cap": 2} for row in TEAM])
    answers = await asyncio.gather(*(open_case(bank, new_id()) for _ in range(5)))
    states = sorted(answer.json()["state"] for answer in answers)
    assert states == ["unstaffed"] * 3 + ["working"] * 2


async def test_a_complex_need_opens_a_case_and_other_signals_do_not(bank: Bank) -> None:
    await seed(bank)
    await bank.gateway.publish(signal(SignalKind.MORTGAGE_BUNDLE), signal(), signal())
    await bank.gateway.settled()
    (opened,) = await told(bank, "gateway.case.opened.v1")
    assert (opened["customer_id"], opened["cause"], opened["departments"]) == (str(CUSTOMER), "business_succession", DEPARTMENTS)
    (team,) = await told(bank, "gateway.team.assembled.v1")
    assert [row["staff_no"] for row in team["members"] if row["lead"]] == ["P1"]


async def test_a_signal_and_a_person_at_once_open_one_case(bank: Bank) -> None:
    await seed(bank)
    await asyncio.gather(bank.gateway.publish(*(signal() for _ in range(3))), *(open_case(bank) for _ in range(3)))
    await bank.gateway.settled()
    assert len(await told(bank, "gateway.case.opened.v1")) == 1


async def test_a_signal_after_the_end_opens_a_new_case(bank: Bank) -> None:
    await seed(bank)
    await bank.gateway.publish(signal())
    await bank.gateway.settled()
    (first,) = await told(bank, "gateway.case.opened.v1")
    path = f"/v1/cases/{first['case_id']}/closing"
    assert (await bank.client.post(path, json={"outcome": "withdrawn"}, headers=member(bank, "P1"))).status_code == 200
    await bank.gateway.publish(signal())
    await bank.gateway.settled()
    assert len(await told(bank, "gateway.case.opened.v1")) == 2


async def test_a_vips_own_adviser_leads(bank: Bank) -> None:
    await seed(bank)
    decided = datetime(2026, 3, 2, tzinfo=UTC)
    await bank.gateway.publish(
        CustomerRegistered(**state_of(CUSTOMER, adviser_no="A9")),
        CustomerChanged(**state_of(CUSTOMER, adviser_no="A1")),
        TierChanged(
            customer_id=CUSTOMER, version=1, tier=Tier.VIP, previous=None, reason="vip.assets", policy_version=1,
            as_of=date(2026, 3, 2), decided_at=decided, package="vip",
        ),
        signal(),
    )  # fmt: skip
    await bank.gateway.settled()
    (team,) = await told(bank, "gateway.team.assembled.v1")
    assert [row["staff_no"] for row in team["members"] if row["lead"]] == ["A1"]
    assert len(team["members"]) == 4


async def test_the_directory_counts_what_is_new_changed_and_the_same(bank: Bank) -> None:
    assert await seed(bank) == {"created": 4, "changed": 0, "unchanged": 0}
    moved = [person("L1", "personal_loans", branch="BJ-01"), *TEAM[1:], person("N1", "insurance")]
    assert await seed(bank, moved) == {"created": 1, "changed": 1, "unchanged": 3}
    twice = await bank.client.post("/v1/staff", json={"items": [TEAM[0], TEAM[0]]}, headers=bank.bearer(Role.OPERATOR))
    assert (twice.status_code, twice.json()["rule"]) == (422, "staff-twice")


async def test_the_directory_is_shown_by_branch_or_whole(bank: Bank) -> None:
    await seed(bank, [*TEAM, person("Z1", "corporate", branch="BJ-01")])
    await open_case(bank)
    own = (await bank.client.get("/v1/staff", headers=bank.adviser())).json()["items"]
    assert {row["staff_no"]: row["open_cases"] for row in own} == {"A1": 0, "C1": 1, "L1": 1, "P1": 1}
    everybody = (await bank.client.get("/v1/staff", headers=bank.bearer(Role.OPERATOR))).json()["items"]
    assert len(everybody) == 5


async def test_the_same_idempotency_key_opens_one_case(bank: Bank) -> None:
    await seed(bank)
    body = {"customer_id": str(CUSTOMER), "cause": "business_succession"}
    headers = bank.adviser() | {"idempotency-key": "open-1"}
    first = await bank.client.post("/v1/cases", json=body, headers=headers)
    second = await bank.client.post("/v1/cases", json=body, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


TWO_LEADS = "UPDATE case_member SET lead = true"
NO_LEAD = "UPDATE case_member SET lead = false"
LEAD_LEAVES = "DELETE FROM case_member WHERE lead"
TEAM_LEAVES = "DELETE FROM case_member"
NEVER_HAD_ONE = (
    "INSERT INTO care_case (case_id, customer_id, cause, state, departments, policy_version, opened_by, opened_at, deadline, "
    "team_version, section_version) "
    "VALUES (gen_random_uuid(), gen_random_uuid(), 'x', 'working', '{}', 1, 'x', now(), now(), 0, 0)"
)


@pytest.mark.parametrize("statement", [TWO_LEADS, NO_LEAD, LEAD_LEAVES, TEAM_LEAVES, NEVER_HAD_ONE])
async def test_the_database_refuses_a_team_without_exactly_one_lead(bank: Bank, statement: str) -> None:
    await seed(bank)
    await open_case(bank)
    with pytest.raises((asyncpg.CheckViolationError, asyncpg.UniqueViolationError)):
        await bank.gateway.database.pool.execute(statement)


async def test_the_database_lets_the_lead_change_within_one_transaction(bank: Bank) -> None:
    await seed(bank)
    await open_case(bank)
    async with bank.gateway.database.pool.acquire() as connection, connection.transaction():
        await connection.execute(NO_LEAD)
        await connection.execute("UPDATE case_member SET lead = true WHERE staff_no = 'C1'")
    leads = await bank.gateway.database.pool.fetch("SELECT staff_no FROM case_member WHERE lead")
    assert [row["staff_no"] for row in leads] == ["C1"]
