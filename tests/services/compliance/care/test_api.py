"""The care for older customers over HTTP: in the branch, online, through the hours of waiting."""

from datetime import timedelta

import asyncpg
import pytest

from chassis.ids import new_id
from contracts.values import Role, Scope
from services.compliance.main import SERVICE
from tests.services.compliance.recording.builders import Desk
from tests.support.apps import run_service
from tests.support.waiting import eventually

CARE = "/sales/S-1/care"
SALE = {"product_code": "FD-1", "risk_level": "R5", "channel": "branch", "seller": "A100"}
WORDS = "我明白，这个可能会亏本"


@pytest.fixture(scope="module")
async def service(servers):
    async with run_service(servers, SERVICE) as found:
        yield found


@pytest.fixture
def desk(service):
    return Desk(service)


async def rule_of(answer, status):
    assert answer.status_code == status, answer.text
    return answer.json()["rule"]


async def read_after_a_while(desk, **changes):
    answer = await desk.send(CARE, {**SALE, **changes}, by=desk.client if changes else None)
    assert answer.status_code == 201, answer.text
    desk.service.clock.advance(timedelta(seconds=15))
    return answer.json()


async def told(service, subject, customer):
    query = "SELECT convert_from(payload, 'UTF8') AS told FROM outbox WHERE subject = $1"
    rows = await service.database.pool.fetch(query, subject)
    return [row["told"] for row in rows if str(customer) in row["told"]]


async def test_online_the_customer_reads_answers_and_waits_until_the_event_says_that_the_hours_are_over(service, desk):
    online = {"risk_level": "R4", "channel": "online", "seller": None, "large_type": True}
    shown = await read_after_a_while(desk, **online)
    assert shown["prompt"]["question"]["zh"] == "您是否理解该产品不保证收益？"
    assert shown["lacking"] == ["older-acknowledgement", "cooling-off"]
    answered = await desk.send(f"{CARE}/acknowledgement", {"way": "click"}, by=desk.client)
    assert answered.json()["lacking"] == ["cooling-off"]
    assert len(await told(service, "compliance.prompt.acknowledged.v1", desk.customer)) == 1
    service.clock.advance(timedelta(hours=24))
    assert (await desk.send(CARE, method="GET")).json()["lacking"] == []
    await eventually(lambda: told(service, "compliance.cooling_off.ended.v1", desk.customer))
    assert len(await told(service, "compliance.cooling_off.ended.v1", desk.customer)) == 1
    assert await rule_of(await desk.send(f"{CARE}/withdrawal", by=desk.client), 409) == "cooling-off-over"


async def test_staff_note_an_answer_only_with_the_recording_of_this_sale_in_which_it_is_given(service, desk):
    await read_after_a_while(desk)
    answer = {"way": "own_words", "words": WORDS}
    path = f"{CARE}/acknowledgement"
    elsewhere = (await desk.recorded("S-2"))["recording_id"]
    unfinished = (await desk.opened("S-1"))["recording_id"]
    for recording in (None, str(new_id()), elsewhere, unfinished):
        refused = await desk.send(path, {**answer, "recording_id": recording})
        assert await rule_of(refused, 403) == "older-prompt-not-by-customer", recording
    assert ("acknowledge_risk_prompt.attempted", "refused", "older-prompt-not-by-customer") in await desk.acts()
    await desk.send(f"/recordings/{unfinished}/abandonment", {"reason": "device-failed"})
    recording = (await desk.recorded("S-1"))["recording_id"]
    taken = await desk.send(path, {**answer, "recording_id": recording})
    assert (taken.status_code, taken.json()["own_words"]) == (200, True)
    for step, by in (("read-back", None), ("trusted-contact", None), ("second-person", desk.checker)):
        done = await desk.send(f"{CARE}/{step}", {"contact_ref": str(new_id())} if "contact" in step else None, by=by)
        assert done.status_code == 200, done.text
    assert done.json()["lacking"] == ["cooling-off"]


async def test_an_adviser_who_also_is_a_customer_of_the_bank_answers_for_nobody_else(service, desk):
    await read_after_a_while(desk)
    roles = [Role.ADVISER, Role.CUSTOMER]
    both = service.headers(Scope.CARE_WRITE, roles=roles, subject="staff:a100", customer=desk.customer)
    refused = await desk.send(f"{CARE}/acknowledgement", {"way": "click"}, by=both)
    assert await rule_of(refused, 403) == "older-prompt-not-by-customer"


async def test_own_words_stay_nowhere_but_as_a_digest(service, desk):
    await read_after_a_while(desk)
    await desk.send(f"{CARE}/acknowledgement", {"way": "own_words", "words": WORDS}, by=desk.client)
    refused = await desk.send("/sales/S-9/care/acknowledgement", {"way": "own_words", "words": WORDS}, by=desk.client)
    assert WORDS not in refused.text
    await service.settled()
    pool = service.database.pool
    kept = await pool.fetchrow(
        "SELECT words_length, words_digest = sha256(words_salt || convert_to($2, 'UTF8')) AS same FROM care_step"
        " JOIN care USING (care_id) WHERE customer_id = $1 AND kind = 'acknowledged'",
        desk.customer,
        WORDS,
    )
    assert tuple(kept) == (len(WORDS), True)
    for table in ("care", "care_step", "outbox", "audit_entry", "timer", "idempotency"):
        whole = await pool.fetch(f"SELECT t::text AS row FROM {table} AS t")
        encoded = WORDS.encode().hex()
        assert not [row for row in whole if WORDS in row["row"] or encoded in row["row"]], table


async def test_a_seller_is_not_the_second_person_and_the_refusal_is_in_the_log(desk):
    await read_after_a_while(desk)
    await desk.send(f"{CARE}/acknowledgement", {"way": "click"}, by=desk.client)
    assert await rule_of(await desk.send(f"{CARE}/second-person"), 403) == "second-person-took-part"
    assert await rule_of(await desk.send(f"{CARE}/read-back", by=desk.client), 403) == "care-step-of-staff"
    acts = await desk.acts()
    assert ("confirm_as_second_person.attempted", "refused", "second-person-took-part") in acts
    assert ("read_risk_prompt_back.attempted", "refused", "care-step-of-staff") in acts


async def test_who_withdraws_ends_the_sale_and_its_timer(service, desk):
    care = (await read_after_a_while(desk))["care_id"]
    await desk.send(f"{CARE}/acknowledgement", {"way": "click"}, by=desk.client)
    withdrawn = await desk.send(f"{CARE}/withdrawal", by=desk.client)
    assert withdrawn.json()["withdrawn_at"] is not None
    assert len(await told(service, "compliance.sale.withdrawn.v1", desk.customer)) == 1
    state = await service.database.pool.fetchval("SELECT state FROM timer WHERE kind = 'care.cooling_off' AND key = $1", care)
    assert state == "cancelled"
    assert await rule_of(await desk.send(CARE, SALE), 409) == "sale-withdrawn"


async def test_a_level_without_care_and_a_sale_without_a_prompt_are_named_so(desk):
    assert await rule_of(await desk.send(CARE, {**SALE, "risk_level": "R3"}), 422) == "older-care-not-needed"
    assert await rule_of(await desk.send(CARE, method="GET"), 404) == "older-care-unknown"
    await desk.send(CARE, SALE)
    assert await rule_of(await desk.send(CARE, {**SALE, "product_code": "FD-2"}), 409) == "care-state-wrong"


async def test_nothing_of_the_care_is_edited_or_deleted(service, desk):
    await desk.send(CARE, SALE)
    for change in ("UPDATE care_step SET at = now()", "DELETE FROM care_step", "DELETE FROM care", "TRUNCATE care CASCADE"):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await service.database.pool.execute(change)
