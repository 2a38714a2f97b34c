import asyncio
from datetime import timedelta

from chassis.timers import TimerLoop
from contracts.values import Reach, Role, Scope
from services.compliance.suitability.actions.assessing import REMINDER
from services.compliance.timers import timers
from tests.services.compliance.suitability.desk import BALANCED, CAUTIOUS, Desk

COMPLETED = "compliance.assessment.completed.v1"
EXPIRING = "compliance.assessment.expiring.v1"


async def confirmed(desk, assessment, level, by=None):
    path = f"/customers/{{c}}/risk-assessments/{assessment['id']}/confirmation"
    return await desk.post(path, {"level": level}, by or desk.person)


async def test_the_questionnaire_is_shown_without_its_points(desk):
    shown = (await desk.get("/questionnaires/current", desk.person)).json()
    assert (len(shown["questions"]), shown["version"]) == (12, 1)
    assert set(shown["questions"][0]["options"][0]) == {"code", "text"}


async def test_a_first_result_counts_at_once_and_the_same_again_too(desk):
    first = (await desk.assessed()).json()
    again = (await desk.assessed()).json()
    assert [(one["level"], one["state"]) for one in (first, again)] == [("C3", "in_force")] * 2
    told = await desk.told_of(COMPLETED, desk.customer)
    assert [(one["version"], one["level"], one["previous"]) for one in told] == [(1, "C3", None), (2, "C3", "C3")]


async def test_a_changed_result_counts_only_after_the_customer_confirmed_what_was_shown(desk):
    await desk.known()
    await desk.rated("R1")
    await desk.assessed()
    changed = (await desk.assessed(CAUTIOUS)).json()
    assert (changed["level"], changed["previous_level"], changed["state"]) == ("C1", "C3", "to_confirm")
    assert "assessment-confirmation" in (await desk.own_sale()).json()["needs"]
    assert (await confirmed(desk, changed, "C3")).json()["rule"] == "assessment-result-not-shown"
    assert (await confirmed(desk, changed, "C1")).json()["state"] == "in_force"
    assert "assessment-confirmation" not in (await desk.own_sale()).json()["needs"]
    assert (await confirmed(desk, changed, "C1")).json()["rule"] == "assessment-superseded"
    assert [one["version"] for one in await desk.told_of(COMPLETED, desk.customer)] == [1, 2]


async def test_staff_neither_fill_in_nor_confirm_and_the_attempt_is_in_the_log(desk):
    attempt = await desk.assessed(by=desk.seller)
    assert (attempt.status_code, attempt.json()["rule"]) == (403, "assessment-by-another")
    await desk.assessed()
    changed = (await desk.assessed(CAUTIOUS)).json()
    assert (await confirmed(desk, changed, "C1", by=desk.seller)).json()["rule"] == "assessment-by-another"
    acts = [act for act in await desk.acts() if act[1] == "refused"]
    assert acts == [
        ("fill_risk_assessment.attempted", "refused", "assessment-by-another"),
        ("confirm_risk_assessment.attempted", "refused", "assessment-by-another"),
    ]


async def test_one_customer_fills_in_nothing_for_another(desk, service):
    other = service.headers(
        Scope.ASSESSMENT_FILL, Scope.ASSESSMENT_READ, roles=[Role.CUSTOMER], reach=Reach.ALL, subject="customer:x"
    )
    assert (await desk.assessed(by=other)).json()["rule"] == "assessment-by-another"


async def test_of_four_at_once_two_are_taken_as_two_a_day_may_be(desk):
    answers = await asyncio.gather(*(desk.assessed() for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 429, 429]
    assert {answer.json()["rule"] for answer in answers if answer.status_code == 429} == {"assessed-too-often"}
    assert [one["version"] for one in await desk.told_of(COMPLETED, desk.customer)] == [1, 2]
    listed = (await desk.get("/customers/{c}/risk-assessments?limit=1", desk.seller)).json()
    assert (len(listed["items"]), listed["next"] is not None, "answers" in listed["items"][0]) == (1, True, False)


async def test_answers_to_another_version_or_with_a_hole_are_refused(desk):
    path = "/customers/{c}/risk-assessments"
    old = await desk.post(path, {"questionnaire_version": 9, "answers": BALANCED}, desk.person)
    assert (old.status_code, old.json()["rule"]) == (409, "questionnaire-outdated")
    hole = await desk.assessed({**BALANCED, "loss": "z"})
    assert (hole.json()["rule"], hole.json()["field"]) == ("assessment-answers-incomplete", "body.answers.loss")


async def test_a_reported_change_ends_the_assessment_early(desk):
    change = {"change": "income"}
    assert (await desk.post("/customers/{c}/circumstance-changes", change, desk.person)).json()["rule"] == "assessment-unknown"
    await desk.assessed()
    ended = (await desk.post("/customers/{c}/circumstance-changes", change, desk.seller)).json()
    assert (ended["state"], ended["ended_reason"]) == ("ended", "income")
    again = await desk.post("/customers/{c}/circumstance-changes", change, desk.seller)
    assert again.json()["rule"] == "assessment-superseded"
    (told,) = await desk.told_of("compliance.assessment.ended.v1", desk.customer)
    assert told["reason"] == "income"


async def fired(service):
    """Let the reminders that are due fire now, whether or not the service's own loop was faster."""
    loop = TimerLoop(service.database, timers, service.runtime.context)
    due = "SELECT count(*) FROM timer WHERE kind = $1 AND state = 'due' AND due_at <= $2"
    while await service.database.pool.fetchval(due, REMINDER, service.clock.now()):
        await loop.fire_due()


async def test_reminders_speak_60_30_and_7_days_before_the_end_once_each_across_jumps_of_the_clock(desk, service):
    made = (await desk.assessed()).json()
    ended = Desk(service)
    await ended.assessed()
    await ended.post("/customers/{c}/circumstance-changes", {"change": "goals"}, ended.person)
    start = service.clock.now()
    try:
        for days in (300, 10, -20, 25, 45, 40):  # to 65 left, 55, 75 again, 50, 5, past the end
            service.clock.advance(timedelta(days=days))
            await fired(service)
        told = await desk.told_of(EXPIRING, desk.customer)
        assert [(one["days_left"], one["assessment_id"]) for one in told] == [(55, made["id"]), (5, made["id"])]
        assert await desk.told_of(EXPIRING, ended.customer) == []
        listed = (await desk.get("/customers/{c}/risk-assessments", desk.person)).json()
        assert listed["items"][0]["state"] == "expired"
    finally:
        service.clock.advance(start - service.clock.now())
