"""What the bank's own people see and change of the gate: entries of the log, policies, lists; and a sale to its end."""

import asyncpg
import orjson
import pytest

from tests.services.compliance.recording.builders import Desk as RecordingDesk


async def test_a_sale_by_video_is_allowed_only_when_its_recording_has_passed_a_second_persons_check(desk, service):
    await desk.ready()
    assert (await desk.asked()).json()["needs"] == ["recording"]
    room = RecordingDesk(service, desk.customer)
    recording = await room.recorded(desk.sale_no, product_code=desk.product)
    unchecked = (await desk.asked()).json()
    assert (unchecked["outcome"], unchecked["needs"]) == ("needs", ["recording"])
    path = f"/recordings/{recording['recording_id']}/quality-check"
    assert (await room.send(path, {"passed": True}, by=room.checker)).status_code == 200
    allowed = (await desk.asked()).json()
    assert (allowed["outcome"], allowed["needs"]) == ("allow", [])
    other = (await desk.asked(sale_no=f"{desk.sale_no}-2")).json()
    assert "recording" in other["needs"]


async def test_the_entry_of_a_check_holds_codes_and_no_amount(desk):
    await desk.ready()
    await desk.asked(amount_fen=987_654)
    rows = [
        row for row in await desk.told_of("compliance.audit.recorded.v1", desk.customer) if row["act"] == "suitability.checked"
    ]
    assert set(rows[-1]["details"]) == {"check", "outcome", "policy", "rules"}
    assert "987654" not in orjson.dumps(rows[-1]).decode()


async def test_one_drafts_a_policy_and_another_approves_it(desk, service):
    document = (await desk.get("/policies/compliance/gate/1", desk.keeper)).json()["document"]
    document["means"]["assets_share_bp"] = 5_000
    body = {"effective_from": desk.today.isoformat(), "document": document}
    draft = (await desk.post("/policies/compliance/gate", body, desk.keeper)).json()
    path = f"/policies/compliance/gate/{draft['version']}/approval"
    own = await desk.post(path, {}, desk.keeper)
    assert (own.status_code, own.json()["rule"]) == (403, "policy-document-approver-drafted")
    with pytest.raises(asyncpg.CheckViolationError):
        await service.database.pool.execute(
            "UPDATE policy_document SET status = 'published', approved_by = drafted_by, approved_at = now() WHERE kind = 'gate'"
            " AND status = 'draft'"
        )
    past = {**body, "effective_from": "2020-01-01"}
    assert (await desk.post("/policies/compliance/gate", past, desk.keeper)).json()["rule"] == "policy-document-reaches-back"
    assert (await desk.post(path, {}, desk.office("staff:P2"))).json()["status"] == "published"
    assert (await desk.post(path, {}, desk.office("staff:P2"))).json()["rule"] == "policy-document-is-published"
    await desk.ready()
    answer = (await desk.asked()).json()
    assert answer["policy_version"] == draft["version"]
    assert (await desk.get("/policies/compliance/gate", desk.keeper)).json()["in_force"] == draft["version"]


async def test_checks_are_listed_page_by_page(desk):
    await desk.ready()
    asked = [(await desk.own_sale()).json()["check_id"] for _ in range(3)]
    page = (await desk.get("/customers/{c}/suitability-checks?limit=2", desk.seller)).json()
    rest = (await desk.get(f"/customers/{{c}}/suitability-checks?limit=2&cursor={page['next']}", desk.seller)).json()
    assert [item["check_id"] for item in (*page["items"], *rest["items"])] == asked[::-1]
    assert (await desk.get("/customers/{c}/suitability-checks?cursor=WzFd", desk.seller)).json()["rule"] == "cursor-invalid"
