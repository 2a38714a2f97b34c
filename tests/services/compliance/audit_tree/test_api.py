import json
import re
import zipfile
from datetime import timedelta

import pytest

from contracts.values import Reach, Role, Scope
from services.compliance import actions
from services.compliance.audit_tree.bundle import verify_bundle
from services.compliance.audit_tree.keys import open_key, rotate_key
from services.compliance.audit_tree.rules.lines import LogTampered
from services.compliance.audit_tree.rules.notes import PublicKey
from services.compliance.audit_tree.rules.proofs import check_consistency, check_inclusion
from services.compliance.audit_tree.rules.reports import CHECKPOINT, ENTRIES, REPORT
from services.compliance.audit_tree.trust import NotTrusted, Trusted
from services.compliance.main import SERVICE
from tests.services.compliance.audit_tree.builders import recorded, rewritten
from tests.services.compliance.builders import act

SIGN, LIST, LATEST = "/v1/audit/checkpoints", "/v1/audit/checkpoints", "/v1/audit/checkpoint"


@pytest.fixture
async def service(running):
    async with running(SERVICE) as found:
        yield found


@pytest.fixture
def auditor(service):
    return service.headers(Scope.AUDIT_READ, Scope.AUDIT_EXPORT, roles=[Role.AUDITOR], subject="staff:auditor")


@pytest.fixture
def pinned(service) -> PublicKey:
    return open_key(service.runtime.settings.audit_key).signer.key


async def append(service, count: int) -> None:
    await recorded(service.database, count, now=service.clock.now())


async def exported(service, headers, path):
    answer = await service.client.get("/v1/audit/export", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    path.write_bytes(answer.content)
    return path


async def test_before_anything_is_signed_there_is_no_checkpoint(service, auditor):
    answer = await service.client.get(LATEST, headers=auditor)
    assert (answer.status_code, answer.json()["rule"]) == (404, "no-checkpoint-yet")


async def test_a_checkpoint_is_signed_on_demand_and_read_as_the_note_that_it_is(service, auditor, pinned):
    await append(service, 3)
    signed = await service.client.post(SIGN, headers=auditor)
    note = await service.client.get(LATEST, headers=auditor)
    assert (signed.status_code, note.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    said = Trusted.from_line(pinned).checkpoint(note.text)
    assert note.text == signed.json()["note"]
    assert (said.size, said.root.hex()) == (3, signed.json()["root"])


async def test_proofs_over_http_hold_against_signed_roots_and_the_entries_digests(service, auditor, pinned):
    roots = {}
    for count in (5, 256, 40):
        await append(service, count)
        note = (await service.client.post(SIGN, headers=auditor)).json()["note"]
        said = Trusted.from_line(pinned).checkpoint(note)
        roots[said.size] = said.root
    page = await service.client.get("/v1/audit/entries", params={"limit": 200}, headers=auditor)
    for item in page.json()["items"][::40]:
        query = {"position": item["position"], "size": 301}
        proof = (await service.client.get("/v1/audit/proofs/inclusion", params=query, headers=auditor)).json()
        path = [bytes.fromhex(one) for one in proof["proof"]]
        check_inclusion(leaf=bytes.fromhex(item["digest"]), **query, proof=path, root=roots[301])
        assert (proof["leaf"], proof["root"]) == (item["digest"], roots[301].hex())
    for first, second in ((5, 261), (5, 301), (261, 301), (301, 301)):
        query = {"first": first, "second": second}
        proof = (await service.client.get("/v1/audit/proofs/consistency", params=query, headers=auditor)).json()
        path = [bytes.fromhex(one) for one in proof["proof"]]
        check_consistency(**query, first_root=roots[first], second_root=roots[second], proof=path)
        assert (proof["first_root"], proof["second_root"]) == (roots[first].hex(), roots[second].hex())


@pytest.mark.parametrize(
    ("kind", "query", "rule"),
    [
        ("inclusion", {"position": 2, "size": 2}, "not-in-the-tree"),
        ("inclusion", {"position": 0, "size": 3}, "not-in-the-tree"),
        ("inclusion", {"position": -1, "size": 2}, "input-invalid"),
        ("consistency", {"first": 2, "second": 1}, "not-in-the-tree"),
        ("consistency", {"first": 0, "second": 1}, "input-invalid"),
        ("consistency", {"first": 1, "second": 2**63}, "input-invalid"),
    ],
)
async def test_what_is_not_in_the_tree_has_no_proof(service, auditor, kind, query, rule):
    await append(service, 2)
    answer = await service.client.get(f"/v1/audit/proofs/{kind}", params=query, headers=auditor)
    assert (answer.status_code, answer.json()["rule"]) == (422, rule)


async def test_the_list_shows_each_checkpoint_once_from_the_newest(service, auditor):
    for count in (1, 2, 3, 4):
        await append(service, count)
        await service.client.post(SIGN, headers=auditor)
    seen, query = [], {"limit": "3"}
    for _ in range(2):
        page = (await service.client.get(LIST, params=query, headers=auditor)).json()
        seen += [one["size"] for one in page["items"]]
        query["cursor"] = page["next"]
    assert (seen, page["next"]) == ([10, 6, 3, 1], None)
    answer = await service.client.get(LIST, params={"cursor": "WzFd"}, headers=auditor)
    assert (answer.status_code, answer.json()["rule"]) == (422, "cursor-invalid")


async def test_looks_at_checkpoints_and_proofs_leave_no_entry_and_an_export_leaves_one(service, auditor):
    await append(service, 2)
    await service.client.post(SIGN, headers=auditor)
    for path in (LATEST, LIST, "/v1/audit/keys", "/v1/audit/proofs/consistency?first=1&second=2"):
        assert (await service.client.get(path, headers=auditor)).status_code == 200
    await service.client.get("/v1/audit/export", headers=auditor)
    await service.settled()
    rows = await service.database.pool.fetch("SELECT act, actor, details FROM audit_entry WHERE position > 1")
    assert [(row["act"], row["actor"], json.loads(row["details"])) for row in rows] == [
        ("audit.exported", "staff:auditor", {"entries": 2})
    ]


async def test_after_a_rotation_old_and_new_checkpoints_are_verified_from_either_key(service, auditor, pinned, tmp_path):
    await append(service, 2)
    old = (await service.client.post(SIGN, headers=auditor)).json()["note"]
    service.clock.advance(timedelta(hours=1))
    rotated = rotate_key(service.runtime.settings.audit_key, now=service.clock.now())
    await append(service, 1)
    new = (await service.client.post(SIGN, headers=auditor)).json()["note"]
    keys = (await service.client.get("/v1/audit/keys", headers=auditor)).json()
    assert [one["key"] for one in keys["keys"]] == [str(pinned), str(rotated.signer.key)]
    assert keys["keys"][0]["until"] == keys["keys"][1]["since"] is not None
    for key in (pinned, rotated.signer.key):
        trusted = Trusted.from_line(key, keys["successions"])
        assert [trusted.checkpoint(note).size for note in (old, new)] == [2, 3]
    with pytest.raises(NotTrusted):
        Trusted.from_line(pinned).checkpoint(new)
    bundle = await exported(service, auditor, tmp_path / "log.zip")
    assert verify_bundle(bundle, pinned=pinned, kept=[old]).checkpoint.size == 3


async def test_an_export_is_verified_offline_with_the_public_key_alone(service, auditor, pinned, tmp_path):
    for count in (300, 2_500):
        await append(service, count)
        note = (await service.client.post(SIGN, headers=auditor)).json()["note"]
    bundle = await exported(service, auditor, tmp_path / "log.zip")
    verified = verify_bundle(bundle, pinned=pinned, kept=[note])
    assert (verified.checkpoint.size, verified.checkpoints) == (2_800, 2)
    with zipfile.ZipFile(bundle) as archive:
        lines = archive.read(ENTRIES).splitlines()
        report = archive.read(REPORT).decode()
    stored = await service.database.pool.fetch("SELECT canonical FROM audit_entry ORDER BY position LIMIT 2800")
    assert lines == [row["canonical"] for row in stored]
    assert re.search(r"^ +2800 +profile +customer\.read +done +identity$", report, re.MULTILINE)
    assert f"  {pinned}\n" in report
    assert "staff:auditor (auditor; service)" in report


async def test_an_empty_log_is_exported_and_verified(service, auditor, pinned, tmp_path):
    bundle = await exported(service, auditor, tmp_path / "log.zip")
    assert verify_bundle(bundle, pinned=pinned).checkpoint.size == 0


@pytest.mark.parametrize("name", [ENTRIES, CHECKPOINT, "checkpoints.jsonl", "keys.json", REPORT])
async def test_no_file_of_a_bundle_can_be_changed_unseen(service, auditor, pinned, tmp_path, name):
    await append(service, 5)
    bundle = await exported(service, auditor, tmp_path / "log.zip")
    rewritten(bundle, name, lambda content: content.replace(b"5", b"6").replace(b'"since"', b'"from"'))
    with pytest.raises((LogTampered, NotTrusted)):
        verify_bundle(bundle, pinned=pinned)


async def test_an_act_with_any_codes_is_exported_in_a_report_that_still_verifies(service, auditor, pinned, tmp_path):
    async with service.database.begin() as session:
        odd = act(act="x\n\ny\u2028z \x00", actor="a\nb\u2029", details={"k\n": "v\r\n"})
        await actions.record(session, acts=[odd], now=service.clock.now())
    bundle = await exported(service, auditor, tmp_path / "log.zip")
    assert verify_bundle(bundle, pinned=pinned).checkpoint.size == 1


@pytest.mark.parametrize(
    "path", [LATEST, LIST, "/v1/audit/keys", "/v1/audit/export", "/v1/audit/proofs/consistency?first=1&second=1"]
)
async def test_without_its_scope_each_route_is_closed(service, path):
    answer = await service.client.get(path, headers=service.headers(Scope.TIER_READ))
    assert (answer.status_code, answer.json()["rule"]) == (403, "scope-missing")


@pytest.mark.parametrize("reach", [Reach.OWN, Reach.BRANCH])
async def test_only_a_reach_over_all_customers_exports_the_log(service, reach):
    answer = await service.client.get("/v1/audit/export", headers=service.headers(Scope.AUDIT_EXPORT, reach=reach))
    assert (answer.status_code, answer.json()["rule"]) == (403, "log-not-within-reach")
