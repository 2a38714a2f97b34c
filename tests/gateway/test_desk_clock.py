"""The clocks of the case desk (H19): the 72 hours, and the search for people that is tried again."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from chassis.timers import TimerLoop
from gateway.actions.work import escalate
from gateway.timers import timers
from tests.gateway.bank import Bank
from tests.gateway.desk import PROPOSAL, hand_in, member, open_case, person, seed, told


async def due_timers(bank: Bank, kind: str) -> int:
    query = "SELECT count(*) FROM timer WHERE kind = $1 AND state = 'due'"
    found: int = await bank.gateway.database.pool.fetchval(query, kind)
    return found


async def all_due_fired(bank: Bank) -> None:
    """Look as the service's own loop does, beside it, until nothing is due."""
    runtime = bank.gateway.runtime
    loop = TimerLoop(runtime.database, timers, runtime.context)
    late = "SELECT count(*) FROM timer WHERE state = 'due' AND due_at <= $1"

    async def none_due() -> bool:
        await loop.fire_due()
        return bool(await runtime.database.pool.fetchval(late, runtime.clock.now()) == 0)

    await until(none_due)


async def until(condition, seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  # rows set no event
            await asyncio.sleep(0.05)


async def test_72_hours_without_a_proposal_are_told_once(bank: Bank) -> None:
    await seed(bank)
    case = (await open_case(bank)).json()
    await hand_in(bank, case["case_id"], "corporate", "C1")
    bank.gateway.clock.advance(timedelta(hours=71, minutes=59))
    await all_due_fired(bank)
    assert await told(bank, "gateway.case.overdue.v1") == []
    bank.gateway.clock.advance(timedelta(days=31))

    await all_due_fired(bank)
    await all_due_fired(bank)
    (overdue,) = await told(bank, "gateway.case.overdue.v1")
    assert overdue["missing"] == ["personal_loans", "private_banking"]
    seen = (await bank.client.get(f"/v1/cases/{case['case_id']}", headers=member(bank, "C1"))).json()
    assert seen["overdue"] is True
    assert [step["step"] for step in seen["steps"]].count("escalated") == 1


async def test_an_escalation_that_is_asked_for_early_or_again_tells_nothing(bank: Bank) -> None:
    await seed(bank)
    case = (await open_case(bank)).json()
    deadline = datetime.fromisoformat(case["deadline"])
    for moment, overdue in ((deadline - timedelta(seconds=1), False), (deadline, True), (deadline, True)):
        async with bank.gateway.database.begin() as session:
            assert await escalate(session, case_id=UUID(case["case_id"]), now=moment) is overdue
    assert len(await told(bank, "gateway.case.overdue.v1")) == 1


async def test_a_delivered_proposal_stops_the_clock(bank: Bank) -> None:
    await seed(bank)
    case = (await open_case(bank, cause="executive_household")).json()
    await hand_in(bank, case["case_id"], "corporate", "C1")
    await hand_in(bank, case["case_id"], "private_banking", "P1")
    await bank.client.post(f"/v1/cases/{case['case_id']}/proposal", json={"text": PROPOSAL}, headers=member(bank, "P1"))
    bank.gateway.clock.advance(timedelta(days=10))
    await all_due_fired(bank)
    assert await told(bank, "gateway.case.overdue.v1") == []
    assert await due_timers(bank, "case.deadline") == 0


async def test_a_case_without_free_people_waits_in_the_open_and_is_tried_again(bank: Bank) -> None:
    await seed(bank, [person("L1", "personal_loans"), person("P1", "private_banking")])
    case = (await open_case(bank)).json()
    assert (case["state"], case["lead"], case["members"]) == ("unstaffed", None, [])
    assert case["steps"][-1]["step"] == "unstaffed"
    assert case["steps"][-1]["details"] == {"missing": "corporate"}
    waiting = await bank.client.get("/v1/cases?state=unstaffed", headers=bank.adviser())
    assert [row["case_id"] for row in waiting.json()["items"]] == [case["case_id"]]
    bank.gateway.clock.advance(timedelta(minutes=16))

    async def tried_again() -> bool:
        seen = await bank.client.get(f"/v1/cases/{case['case_id']}", headers=bank.adviser())
        return [step["step"] for step in seen.json()["steps"]].count("unstaffed") == 2

    await until(tried_again)
    assert await due_timers(bank, "case.staffing") == 1
    await seed(bank, [person("C1", "corporate")])

    async def staffed() -> bool:
        return len(await told(bank, "gateway.team.assembled.v1")) == 1

    await until(staffed)
    assert await due_timers(bank, "case.staffing") == 0
