"""What staff write at the desk: judged before it leaves (H23, H29), and unreadable in the database (H20)."""

import pytest

from chassis.ids import new_id
from chassis.sealing import KeyFileUnreadable, SealBroken, make_key_file, open_sealer
from contracts.events.audit import GatewayAudited
from gateway.main import SERVICE
from gateway.routes import SERVICES
from gateway.texts import PROPOSAL as PROPOSALS
from gateway.texts import SECTION, Texts
from tests.gateway.bank import Answer, Bank
from tests.gateway.desk import PROPOSAL, deliver, hand_in, member, open_case, seed, told

SECRET = "王小明 13800138000 想给女儿 110101199003077512 设立信托"
DEPARTMENTS = {"personal_loans": "L1", "private_banking": "P1", "corporate": "C1"}


async def case_of(bank: Bank) -> str:
    await seed(bank)
    return (await open_case(bank)).json()["case_id"]


async def handed_in(bank: Bank) -> str:
    case_id = await case_of(bank)
    for department, staff_no in DEPARTMENTS.items():
        assert (await hand_in(bank, case_id, department, staff_no, text=SECRET)).status_code == 200
    return case_id


async def test_a_promise_leaves_neither_in_a_proposal_nor_gets_into_a_section(bank: Bank) -> None:
    case_id = await handed_in(bank)
    promise = "本产品保 本 保 息，" + PROPOSAL
    for answer in (await deliver(bank, case_id, "P1", promise), await hand_in(bank, case_id, "corporate", "C1", text=promise)):
        assert (answer.status_code, answer.json()["rule"], answer.json()["field"]) == (422, "wording-forbidden", "body.text")
        assert answer.json()["detail"].startswith("principal-promised at 3-")
        assert "保" not in answer.text
    missing = await deliver(bank, case_id, "P1", "综合方案")
    assert (missing.status_code, missing.json()["detail"]) == (422, "risk-warning-missing")
    assert (await deliver(bank, case_id, "P1", PROPOSAL)).json()["state"] == "proposed"


async def test_without_compliance_a_section_is_kept_and_no_proposal_leaves(bank: Bank) -> None:
    bank.upstreams["compliance"].answers["/v1/scan"] = Answer(b"{}", status=503)
    case_id = await handed_in(bank)
    refused = await deliver(bank, case_id, "P1", PROPOSAL)
    assert (refused.status_code, refused.json()["rule"]) == (503, "wording-unchecked")
    bank.upstreams["compliance"].answers["/v1/scan"] = Answer(b'{"passes":true}')
    assert (await deliver(bank, case_id, "P1", PROPOSAL)).status_code == 503, "an answer that is no verdict lets nothing pass"
    assert await told(bank, "gateway.proposal.delivered.v1") == []
    del bank.upstreams["compliance"].answers["/v1/scan"]
    assert (await deliver(bank, case_id, "P1", PROPOSAL)).status_code == 200


async def test_the_database_holds_no_text_of_a_case_and_the_desk_reads_it(bank: Bank) -> None:
    case_id = await handed_in(bank)
    once = {"Idempotency-Key": "one"}
    first = await deliver(bank, case_id, "P1", PROPOSAL, **once)
    again = await deliver(bank, case_id, "P1", PROPOSAL, **once)
    assert first.json() == again.json()
    assert (first.json()["proposal"], {section["text"] for section in first.json()["sections"]}) == (PROPOSAL, {SECRET})
    pool = bank.gateway.database.pool
    assert await pool.fetchval("SELECT count(*) FROM idempotency") == 1
    for table in await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        for row in await pool.fetch(f'SELECT t::text AS row FROM "{table["tablename"]}" t'):
            for word in ("13800138000", "王小明", "理财非存款"):
                assert word not in row["row"], table["tablename"]
                assert word.encode().hex() not in row["row"], table["tablename"]
    assert GatewayAudited.type in {row["subject"] for row in await pool.fetch("SELECT DISTINCT subject FROM outbox")}


async def test_clear_texts_are_sealed_at_the_next_start_and_a_lost_key_is_not_replaced(banks, running, servers, tmp_path) -> None:
    url, key = await servers.database("gateway"), tmp_path / "desk.json"
    async with banks(database_url=url, text_key=key) as bank:
        case_id = await handed_in(bank)
        await bank.gateway.database.pool.execute("UPDATE case_section SET text = $1 WHERE department = 'corporate'", SECRET)
    async with banks(database_url=url, text_key=key) as bank:
        stored = await bank.gateway.database.pool.fetch("SELECT text FROM case_section")
        assert len(stored) == 3
        assert all(row["text"].startswith("AQAB") for row in stored)
        read = await bank.client.get(f"/v1/cases/{case_id}", headers=member(bank, "C1"))
        assert {section["text"] for section in read.json()["sections"]} == {SECRET}
    key.unlink()
    nowhere = {f"{name}_url": "http://127.0.0.1:9" for name in SERVICES}
    with pytest.raises(KeyFileUnreadable):
        async with running(SERVICE, database_url=url, text_key=key, **nowhere):
            pass
    assert not key.exists()


def test_a_sealed_text_opens_in_its_own_place_only(tmp_path) -> None:
    make_key_file(tmp_path / "key.json")
    texts = Texts(open_sealer(tmp_path / "key.json"))
    case_id, other = new_id(), new_id()
    sealed = texts.sealed(SECTION, case_id, "corporate", SECRET)
    assert texts.opened(SECTION, case_id, "corporate", sealed) == SECRET
    for place in ((SECTION, other, "corporate"), (SECTION, case_id, "wealth"), (PROPOSALS, case_id, "")):
        with pytest.raises(SealBroken):
            texts.opened(*place, sealed)
