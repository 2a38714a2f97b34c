import asyncpg
import pytest

from chassis.ids import new_id
from contracts.events.profile import Assets, CustomerRegistered, MeasuresComputed
from contracts.values import LifeStage, NeedType, Purpose, Reach, RelationStage, Role, Scope
from tests.services.compliance.watch.builders import streak


async def test_a_sale_is_led_from_nothing_to_allowed_step_by_step(desk):
    seen = [(await desk.asked()).status_code]
    await desk.known()
    first = (await desk.asked()).json()
    assert (seen, first["outcome"]) == ([403], "needs")
    assert first["needs"] == ["product-not-rated", "risk-assessment", "means-unknown"]
    await desk.rated()
    await desk.qualified()
    await desk.assessed()
    assert (await desk.asked()).json()["needs"] == ["notices", "recording"]
    await desk.noticed()
    last = (await desk.asked()).json()
    assert (last["outcome"], last["needs"]) == ("needs", ["recording"])
    assert last["items"][0]["clause"] == "art. 17, H21"
    own = (await desk.own_sale()).json()
    assert (own["outcome"], own["items"]) == ("allow", [])


async def test_every_answer_is_kept_and_replays_to_the_same_after_the_world_changed(desk):
    await desk.ready()
    answer = (await desk.asked()).json()
    await desk.rated("R5")
    await desk.post("/customers/{c}/circumstance-changes", {"change": "income"}, desk.person)
    assert {"risk-above-tolerance", "assessment-ended"} <= {item["rule"] for item in (await desk.asked()).json()["items"]}
    kept = (await desk.get(f"/suitability/checks/{answer['check_id']}", desk.adviser)).json()
    assert {name: kept[name] for name in answer} == answer
    assert kept["inputs"]["product"]["seller"] == "R3"
    again = (await desk.get(f"/suitability/checks/{answer['check_id']}/replay", desk.adviser)).json()
    assert (again["same"], again["items"], again["policy_version"]) == (True, answer["items"], answer["policy_version"])


async def test_a_replay_tells_when_the_answer_would_be_another(desk, service):
    await desk.known()
    answer = (await desk.asked()).json()
    copied = new_id()
    await service.database.pool.execute(
        """
        INSERT INTO suitability_check (id, customer_id, product_code, sale_no, outcome, items, inputs, policy_version,
                                       logic_version, moment, checked_by, checked_at)
        SELECT $2, customer_id, product_code, sale_no, 'allow', items, inputs, policy_version,
               logic_version, moment, checked_by, checked_at
        FROM suitability_check WHERE id = $1
        """,
        answer["check_id"],
        copied,
    )
    again = (await desk.get(f"/suitability/checks/{copied}/replay", desk.adviser)).json()
    assert (again["same"], again["outcome"]) == (False, "needs")


async def test_what_was_answered_assessed_or_shown_cannot_be_changed_in_the_database(desk, service):
    await desk.ready()
    await desk.asked()
    for change in (
        "UPDATE suitability_check SET outcome = 'allow'",
        "DELETE FROM suitability_check",
        "UPDATE sale_evidence SET kind = 'x'",
        "DELETE FROM product_rating",
        "UPDATE risk_assessment SET level = 'C5'",
        "UPDATE risk_assessment SET valid_until = valid_until + 1",
        "DELETE FROM risk_assessment",
        "UPDATE policy_document SET document = '{}'",
        "UPDATE seller_qualification SET valid_until = '2099-01-01'",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await service.database.pool.execute(change)


async def test_an_adviser_asks_about_own_customers_and_own_sales_only(desk, service):
    await desk.ready()
    mine = (await desk.asked()).json()["check_id"]
    assert (await desk.asked(seller_no="A200")).json()["rule"] == "seller-is-another"
    other = service.headers(
        Scope.SUITABILITY_CHECK,
        Scope.SUITABILITY_READ,
        roles=[Role.ADVISER],
        reach=Reach.OWN,
        staff_no="A200",
        subject="staff:A200",
    )
    for answer in (await desk.asked(other, seller_no="A200"), await desk.get(f"/suitability/checks/{mine}", other)):
        assert (answer.status_code, answer.json()["rule"]) == (403, "customer-not-yours")
    manager = {"roles": [Role.BRANCH_MANAGER], "reach": Reach.BRANCH, "subject": "staff:M1"}
    assert (await desk.asked(service.headers(Scope.SUITABILITY_CHECK, branch="B2", **manager))).status_code == 403
    assert (await desk.asked(service.headers(Scope.SUITABILITY_CHECK, branch="B1", **manager))).status_code == 200
    refused = await desk.told("compliance.audit.recorded.v1")
    assert [row["rule"] for row in refused if row["actor"] == "staff:A200"] == ["customer-not-yours"] * 2


async def test_a_customers_own_sale_names_no_seller_and_no_other_customer(desk):
    await desk.ready()
    assert (await desk.own_sale(seller_no="A100")).json()["rule"] == "seller-is-another"
    assert (await desk.own_sale(channel="branch")).json()["rule"] == "seller-is-another"
    assert (await desk.asked(desk.person, customer_id=str(new_id()))).json()["rule"] == "customer-not-yours"


async def test_nobody_opts_out_as_a_professional_investor(desk):
    await desk.known()
    answer = await desk.asked(professional=True)
    assert (answer.status_code, answer.json()["rule"]) == (422, "input-invalid")


async def test_what_came_after_the_moment_of_the_sale_does_not_count(desk):
    await desk.known()
    await desk.rated()
    await desk.qualified()
    before = desk.service.clock.now()
    await desk.assessed()
    await desk.noticed()
    late = (await desk.asked(moment=before.isoformat())).json()
    assert {"risk-assessment", "notices"} <= set(late["needs"])
    assert (await desk.asked(moment="2199-01-01T00:00:00Z")).json()["rule"] == "sale-moment-in-future"


async def test_a_streak_of_high_risk_purchases_locks_the_gate_until_the_reassessment_was_offered(desk, service):
    await desk.ready()
    await desk.rated("R4")
    await service.publish(streak(desk.customer, day=service.clock.today()))
    await service.settled()
    assert "reassessment-offer" in (await desk.asked()).json()["needs"]
    watcher = service.headers(Scope.ALERT_READ, Scope.ALERT_WRITE, roles=[Role.COMPLIANCE], purpose=Purpose.RISK)
    alert_id = await service.database.pool.fetchval("SELECT id FROM risk_alert WHERE customer_id = $1", desk.customer)
    for path, body in (
        ("contacts", {"channel": "phone", "result": "reached"}),
        ("outcome", {"outcome": "reassessment_offered", "advice_given": True}),
    ):
        answer = await service.client.post(f"/v1/alerts/{alert_id}/{path}", json=body, headers=watcher)
        assert answer.is_success, answer.text
    assert "reassessment-offer" not in (await desk.asked()).json()["needs"]


async def test_an_older_customer_needs_the_prompt_for_high_risk(desk):
    await desk.ready(age=66)
    await desk.rated("R4")
    assert "older-prompt" in (await desk.asked()).json()["needs"]


async def test_insurance_goes_through_its_own_articles(desk):
    await desk.known(age=66)
    await desk.assessed()
    await desk.rated("R1", product_class="insurance", covers=["health"])
    premium = {"yearly_premium_fen": 1_000_000, "years_of_payment": 10}
    assert "needs-analysis" in (await desk.own_sale(insurance=premium)).json()["needs"]
    analysis = {"needs": ["education"], "family_income_fen": 100_000_000, "budget_fen": 5_000_000}
    assert (await desk.post("/customers/{c}/needs-analyses", analysis, desk.seller)).status_code == 201
    needs = (await desk.own_sale(insurance=premium)).json()["needs"]
    assert needs == ["stop-advice", "written-insistence", "insurance-declaration", "notices"]
    await desk.shown("insurance.stop_advice", "insurance.written_insistence", "insurance.declaration", by=desk.person)
    await desk.noticed()
    allowed = (await desk.own_sale(insurance=premium)).json()
    assert (allowed["outcome"], [item["rule"] for item in allowed["items"]]) == ("allow", ["insurance-unsuitable"])
    shown = (await desk.get(f"/customers/{{c}}/sales/{desk.sale_no}/evidence", desk.seller)).json()
    assert len(shown) == 3 + 6


async def test_a_minor_buys_with_the_representatives_consent_that_staff_record(desk):
    await desk.ready(age=12)
    await desk.rated("R1")
    assert "representative-consent" in (await desk.asked()).json()["needs"]
    assert (await desk.shown("representative.consent", by=desk.person)).json()["rule"] == "consent-not-by-customer"
    assert (await desk.shown("representative.consent", by=desk.seller)).status_code == 201
    assert "representative-consent" not in (await desk.asked()).json()["needs"]
    none = {"capacity": "none", "reference": str(new_id())}
    assert (await desk.post("/customers/{c}/legal-capacity", none, desk.keeper)).status_code == 204
    assert (await desk.asked()).json()["items"][0]["rule"] == "no-legal-capacity"


async def test_private_funds_wait_for_the_evidence_of_a_qualified_investor(desk):
    await desk.known()
    await desk.assessed()
    wrong = await desk.rated("R3", product_class="private_fund")
    assert (wrong.status_code, wrong.json()["rule"]) == (422, "rating-incomplete")
    await desk.rated("R3", product_class="private_fund", private=True)
    assert "qualified-investor" in (await desk.own_sale()).json()["needs"]
    today = desk.today.isoformat()
    body = {"basis": "assets", "reference": str(new_id()), "valid_from": today, "valid_until": today}
    assert (await desk.post("/customers/{c}/qualified-investor", body, desk.keeper)).status_code == 201
    assert "qualified-investor" not in (await desk.own_sale()).json()["needs"]
    assert (await desk.own_sale(approach="segment")).json()["items"][0]["rule"] == "private-to-segment"


async def test_a_new_rating_tells_the_customers_to_whom_the_product_was_allowed(desk, service):
    await desk.ready()
    assert (await desk.own_sale()).json()["outcome"] == "allow"
    rating = (await desk.rated("R2", issuer_level="R5")).json()
    assert (rating["version"], rating["level"]) == (2, "R5")
    await fired(service)
    (told,) = await desk.told_of("compliance.advice.changed.v1", desk.customer)
    assert (told["previous_level"], told["level"], told["fits"]) == ("R3", "R5", False)
    shown = (await desk.get(f"/products/{desk.product}/ratings", desk.adviser)).json()
    assert (shown["in_effect"]["level"], len(shown["versions"])) == ("R5", 2)


async def fired(service):
    """Let what is due fire now, whether or not the service's own loop was faster."""
    from chassis.timers import TimerLoop
    from services.compliance.timers import timers

    await TimerLoop(service.database, timers, service.runtime.context).fire_due()
    while await service.database.pool.fetchval("SELECT count(*) FROM timer WHERE kind = 'rating.effective' AND state = 'due'"):
        await TimerLoop(service.database, timers, service.runtime.context).fire_due()


async def test_nobody_records_their_own_qualification(desk, service):
    body = {"product_class": "fund", "valid_from": desk.today.isoformat(), "valid_until": desk.today.isoformat()}
    answer = await desk.post("/sellers/P1/qualifications", body, desk.keeper)
    assert (answer.status_code, answer.json()["rule"]) == (403, "qualification-by-oneself")
    back = {**body, "valid_until": "2020-01-01"}
    assert (await desk.post("/sellers/A1/qualifications", back, desk.keeper)).json()["rule"] == "register-period-reversed"


async def test_profiles_events_tell_the_gate_whose_customer_it_is_and_what_they_have(desk, service):
    today = desk.today
    record = {"customer_id": desk.customer, "version": 1}
    await service.publish(
        CustomerRegistered(
            **record,
            branch="B1",
            birth_date=today.replace(year=today.year - 40, day=1),
            sex="f",
            opened_on=today,
            adviser_no="A100",
        ),
        MeasuresComputed(
            **record,
            as_of=today,
            branch="B1",
            currency="CNY",
            assets=Assets(days_30=7_000_000, days_90=1, days_180=1),
            growth_180_bp=None,
            contribution_fen=0,
            dealings_90=0,
            logins_90=0,
            channels_90=0,
            payroll=False,
            products=(),
            need=NeedType.SETTLING,
            life_stage=LifeStage.FAMILY,
            relation_stage=RelationStage.NEW,
            history_days=1,
            age=40,
        ),
    )
    await service.settled()
    await desk.rated()
    answer = (await desk.asked(amount_fen=7_000_001)).json()
    assert answer["items"][0]["evidence"] == {"amount_fen": 7_000_001, "limit_fen": 7_000_000, "assets_fen": 7_000_000}
