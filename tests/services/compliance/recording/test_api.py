"""Recordings over HTTP: a seller records, a second person checks, and those who keep report and delete."""

from datetime import timedelta

import asyncpg
import pytest

from chassis.auth import Capability
from chassis.ids import new_id
from contracts.values import Purpose, Reach, Role, Scope
from services.compliance.main import SERVICE
from services.compliance.recording import keeping
from tests.services.compliance.recording.builders import DIGEST, Desk
from tests.support.apps import run_service


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


async def test_a_sale_is_unlocked_by_a_whole_recording_and_the_check_of_a_second_person(service, desk):
    found = await desk.recorded()
    path = f"/recordings/{found['recording_id']}"
    assert (found["state"], found["locks_sale"], found["next"]) == ("ended", True, None)
    assert await rule_of(await desk.send(f"{path}/quality-check", {"passed": True}), 403) == "recording-checker-took-part"
    passed = await desk.send(f"{path}/quality-check", {"passed": True}, by=desk.checker)
    assert (passed.json()["state"], passed.json()["locks_sale"]) == ("complete", False)
    assert await rule_of(await desk.send("/recordings", _sale()), 409) == "recording-state-wrong"
    acts = await desk.acts()
    assert ("check_recording.attempted", "refused", "recording-checker-took-part") in acts
    assert [act for act, _, _ in acts if act.startswith("recording.")] == [
        "recording.opened",
        "recording.agreed",
        "recording.started",
        *["recording.checkpoint"] * 7,
        "recording.ended",
        "recording.passed",
    ]
    told = await service.database.pool.fetch("SELECT payload FROM outbox WHERE subject = 'compliance.recording.completed.v1'")
    assert [found["recording_id"] in row["payload"].decode() for row in told] == [True]


def _sale(**changes):
    return {"sale_no": "S-1", "product_code": "FD-1", "product_class": "fund", "seller": "A100", **changes}


async def test_who_refuses_to_be_recorded_locks_the_sale(desk):
    path = f"/recordings/{(await desk.opened())['recording_id']}"
    refused = await desk.send(f"{path}/consent", {"agreed": False})
    assert (refused.json()["state"], refused.json()["locks_sale"]) == ("refused", True)
    assert await rule_of(await desk.send(f"{path}/start"), 409) == "recording-refused"
    assert await rule_of(await desk.send("/recordings", _sale()), 409) == "recording-refused"
    await desk.opened("S-2")


async def test_nothing_is_recorded_before_the_customer_agrees(desk):
    path = f"/recordings/{(await desk.opened())['recording_id']}"
    assert await rule_of(await desk.send(f"{path}/start"), 409) == "recording-state-wrong"


async def test_a_failed_check_asks_for_another_recording_whose_number_grows(desk):
    path = f"/recordings/{(await desk.recorded())['recording_id']}"
    failed = {"passed": False, "reasons": ["sound-unusable"]}
    answer = await desk.send(f"{path}/quality-check", failed, by=desk.checker)
    assert (answer.json()["state"], answer.json()["reasons"]) == ("failed", ["sound-unusable"])
    again = await desk.recorded()
    assert again["attempt"] == 2
    listed = (await desk.send("/recordings?sale_no=S-1", method="GET")).json()["items"]
    assert [(one["attempt"], one["state"]) for one in listed] == [(2, "ended"), (1, "failed")]


async def test_a_recording_that_broke_off_names_its_reason(desk):
    path = f"/recordings/{(await desk.opened())['recording_id']}"
    assert await rule_of(await desk.send(f"{path}/abandonment", {"reason": "tired"}), 422) == "recording-reason-unknown"
    assert (await desk.send(f"{path}/abandonment", {"reason": "device-failed"})).json()["state"] == "failed"


async def test_a_file_is_verified_by_its_digest_and_the_answer_is_in_the_log(service, desk):
    path = f"/recordings/{(await desk.recorded())['recording_id']}/verification"
    assert (await desk.send(path, {"sha256": DIGEST.hex()})).json() == {"matches": True}
    assert (await desk.send(path, {"sha256": "00" * 32})).json() == {"matches": False}
    await service.settled()
    rows = await service.database.pool.fetch(
        "SELECT details::jsonb ->> 'matches' AS matches FROM audit_entry WHERE act = 'recording.verified' AND customer_id = $1"
        " ORDER BY position",
        desk.customer,
    )
    assert [row["matches"] for row in rows] == ["1", "0"]
    other = f"/recordings/{(await desk.opened('S-2'))['recording_id']}/verification"
    assert await rule_of(await desk.send(other, {"sha256": DIGEST.hex()}), 409) == "recording-without-file"


@pytest.mark.parametrize("place", ["https://store/1.mp4", "s3:user@bucket/1", "a/../b", "/etc/passwd", "a.mp4?token=x"])
async def test_a_storage_reference_is_neither_an_address_nor_a_credential(desk, place):
    path = f"/recordings/{new_id()}/end"
    answer = await desk.send(path, {"sha256": DIGEST.hex(), "storage_ref": place, "duration_ms": 1})
    assert await rule_of(answer, 422) == "input-invalid"
    assert place not in answer.text


async def test_deposits_and_loans_have_no_script(desk):
    assert await rule_of(await desk.send("/recordings", _sale(product_class="term")), 422) == "recording-script-missing"


RATED = """
INSERT INTO product_rating (product_code, version, product_class, private, covers, effective_from, rated_by, rated_at)
VALUES ('WM-7', 1, 'wealth', false, '{}', '2020-01-01', 'x', now())
"""


async def test_a_rated_product_is_recorded_by_the_script_of_its_own_class(service, desk):
    await service.database.pool.execute(RATED)
    other = await desk.send("/recordings", _sale(product_code="WM-7", product_class="fund"))
    assert await rule_of(other, 422) == "recording-product-class-other"
    assert (await desk.opened("S-1", product_code="WM-7", product_class="wealth"))["state"] == "none"


async def test_nobody_takes_a_step_for_another_customer(service, desk):
    recording = (await desk.opened())["recording_id"]
    stranger = Desk(service)
    assert await rule_of(await stranger.send(f"/recordings/{recording}/start"), 404) == "recording-unknown"
    assert await rule_of(await desk.send(f"/recordings/{recording}/start", by=stranger.seller), 403) == "customer-not-yours"


async def test_retention_is_explained_and_deletion_before_its_end_refused_by_rule_and_by_the_database(service, desk):
    recording = (await desk.opened(product_class="insurance", term_months=120))["recording_id"]
    path, today = f"/recordings/{recording}", service.clock.today()
    ended = (await desk.send(f"{path}/contract-end", {"day": today.isoformat()})).json()
    assert ended["retain_until"] == today.replace(year=today.year + 10).isoformat()
    assert [reason["code"] for reason in ended["reasons"]] == ["insurance-long", "contract-end"]
    disputed = {"reference": "C-7", "day": today.isoformat()}
    assert (await desk.send(f"{path}/disputes", disputed)).json()["retain_until"] is None
    closed = (await desk.send(f"{path}/disputes", {**disputed, "closed": True})).json()
    assert closed["retain_until"] == ended["retain_until"]
    assert await rule_of(await desk.send(path, method="DELETE"), 403) == "recording-retention-runs"
    assert ("delete_recording.attempted", "refused", "recording-retention-runs") in await desk.acts()
    with pytest.raises(asyncpg.RestrictViolationError, match="is kept until"):
        await service.database.pool.execute("DELETE FROM recording WHERE recording_id = $1::text::uuid", recording)


async def test_a_clock_that_was_moved_on_does_not_delete_what_the_database_still_keeps(service, desk):
    recording = (await desk.opened())["recording_id"]
    await desk.send(f"/recordings/{recording}/contract-end", {"day": service.clock.today().isoformat()})
    caller, later = _keeper(), service.clock.today() + timedelta(days=366 * 6)
    with pytest.raises(asyncpg.RestrictViolationError):
        async with service.database.begin() as session:
            await keeping.delete(session, caller=caller, customer_id=desk.customer, recording_id=recording, today=later)


def _keeper():
    return Capability(
        subject="staff:keeper",
        roles=(Role.COMPLIANCE,),
        scopes=frozenset({Scope.RECORDING_KEEP}),
        purpose=Purpose.RISK,
        reach=Reach.ALL,
    )


OLD = """
INSERT INTO recording (recording_id, customer_id, sale_no, attempt, product_code, product_class, seller, script_version,
                       keep_years, dispute_years, opened_at, opened_by)
SELECT gen_random_uuid(), customer_id, 'S-OLD', attempt, product_code, product_class, seller, script_version,
       keep_years, dispute_years, '2015-03-02T04:00:00Z', opened_by
FROM recording WHERE recording_id = $1::text::uuid RETURNING recording_id
"""
OLD_NOTICE = (
    "INSERT INTO recording_notice (recording_id, number, kind, day, at, actor) VALUES ($1, 1, 'contract_ended', $2, $3, 'x')"
)


async def test_what_was_kept_long_enough_is_deleted_with_its_steps_as_an_act_of_its_own(service, desk):
    pool, today = service.database.pool, service.clock.today()
    recording = await pool.fetchval(OLD, (await desk.opened())["recording_id"])
    path = f"/recordings/{recording}"
    assert await rule_of(await desk.send(path, method="DELETE"), 403) == "recording-retention-runs"
    await desk.send(f"{path}/consent", {"agreed": True})
    await pool.execute(OLD_NOTICE, recording, today - timedelta(days=366 * 5 + 2), service.clock.now())
    gone = await desk.send(path, method="DELETE")
    assert (gone.status_code, gone.json()["storage_ref"]) == (200, None)
    assert await pool.fetchval("SELECT count(*) FROM recording_step WHERE recording_id = $1", recording) == 0
    assert ("recording.deleted", "done", None) in await desk.acts()
    assert await rule_of(await desk.send(path, method="GET"), 404) == "recording-unknown"


CHANGES = (
    "UPDATE recording SET keep_years = 1",
    "UPDATE recording_step SET offset_ms = 0",
    "UPDATE recording_notice SET day = '2001-01-01'",
    "DELETE FROM recording_step",
    "DELETE FROM recording_notice",
    "TRUNCATE recording CASCADE",
)


async def test_nothing_of_a_recording_is_edited_afterwards_whoever_tries(service, desk):
    path = f"/recordings/{(await desk.opened())['recording_id']}"
    await desk.send(f"{path}/consent", {"agreed": True})
    await desk.send(f"{path}/contract-end", {"day": service.clock.today().isoformat(), "concluded": False})
    for change in CHANGES:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await service.database.pool.execute(change)
