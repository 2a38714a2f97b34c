"""Two records of one person: proposed, merged with both histories kept, or dismissed; a stop is never lost."""

from contracts.values import Scope
from services.profile.keyring import vault_of
from services.profile.opening import opened
from tests.services.profile.builders import CARD, behaviour_row, customer_row, fact_row, resident_id
from tests.services.profile.rights.conftest import key_of

MERGE, READ, FEED = Scope.PROFILE_MERGE, Scope.PROFILE_READ, Scope.PROFILE_FEED


async def fed(desk, customer_no, **changes):
    """A customer as the core bank's feed brings it; its id."""
    row = customer_row(customer_no, id_type="resident_id", name="王小明", **changes)
    out = await desk.done("POST", "/v1/customers/batches", {"rows": [row]}, scope=FEED)
    assert out["refused"] == 0, out
    return await desk.running.database.pool.fetchval("SELECT id FROM customer WHERE customer_no = $1", customer_no)


async def pair(desk, name, number):
    """One person twice in the books: with the number of 18 digits, and with the old one of 15."""
    new = resident_id(number=number)
    return await fed(desk, f"{name}-1", id_number=new), await fed(desk, f"{name}-2", id_number=new[:6] + new[8:17])


async def proposals(desk, *customers):
    await desk.done("POST", "/v1/duplicates/searches", scope=MERGE)
    items = (await desk.done("GET", "/v1/duplicates?limit=200", scope=MERGE))["items"]
    wanted = {str(customer) for customer in customers}
    return [item for item in items if {item["first_id"], item["second_id"]} == wanted]


async def test_the_same_number_in_two_forms_and_the_same_phone_and_birth_date_are_proposed_once(desk):
    one, other = await pair(desk, "DUP", 461)
    third = await fed(desk, "DUP-3", id_number=resident_id(number=462), phone="13700000461")
    fourth = await fed(desk, "DUP-4", id_number=resident_id(number=463), phone="+86 137 0000 0461")
    stranger = await fed(desk, "DUP-5", id_number=resident_id(number=464), phone="13700000462")
    assert [item["cause"] for item in await proposals(desk, one, other)] == ["identity_number"]
    assert [item["cause"] for item in await proposals(desk, third, fourth)] == ["phone_and_birth_date"]
    assert await proposals(desk, third, stranger) == []
    taken = {"customer_no": "DUP-9", "id_number": resident_id(number=461)[:6] + resident_id(number=461)[8:17]}
    body = {"name": "王小明", "id_type": "resident_id", "birth_date": "1990-03-07", "sex": "m", "branch": "B001"}
    answer = await desk.refused("POST", "/v1/customers", {**body, **taken, "opened_on": "2020-05-01"}, scope=Scope.PROFILE_WRITE)
    assert answer[:2] == (409, "identity-taken")


async def test_a_merge_keeps_both_histories_and_leads_from_the_old_id_to_the_new_one(desk):
    surviving, merged = await pair(desk, "MER", 471)
    await desk.account("MER-1", "MERA")
    await desk.account("MER-2", "MERB", card_no=CARD)
    seen = behaviour_row("MERE", "2026-01-01T08:00:00+08:00", "fund", customer_no="MER-2")
    await desk.done("POST", "/v1/behaviour", {"rows": [seen]}, scope=FEED)
    await desk.done("POST", "/v1/facts", {"rows": [fact_row("home_owner", "yes", customer_no="MER-2")]}, scope=FEED)
    (found,) = await proposals(desk, surviving, merged)
    path = f"/v1/duplicates/{found['duplicate_id']}/acceptance"
    foreign = {"surviving_id": found["duplicate_id"]}
    assert (await desk.refused("POST", path, foreign, scope=MERGE))[:2] == (422, "survivor-foreign")
    await desk.done("POST", path, {"surviving_id": str(surviving)}, scope=MERGE)
    assert (await desk.refused("POST", path, {"surviving_id": str(surviving)}, scope=MERGE))[:2] == (409, "duplicate-decided")
    for part in ("", "/accounts", "/measures", "/consents"):
        answer = await desk.call("GET", f"/v1/customers/{merged}{part}?x=1", scope=READ)
        assert (answer.status_code, answer.headers["location"]) == (308, f"/v1/customers/{surviving}{part}?x=1")
    accounts = await desk.done("GET", f"/v1/customers/{surviving}/accounts", scope=READ)
    assert {account["account_no"] for account in accounts} == {"MERA", "MERB"}
    assert {account["card_no"] for account in accounts} == {None, "622848*********0018"}
    facts = await desk.done("GET", f"/v1/customers/{surviving}/facts", scope=READ)
    assert [fact["fact"] for fact in facts] == ["home_owner"]
    (event,) = await desk.told("profile.customer.merged.v1", merged)
    assert (event["surviving_id"], event["accounts"]) == (str(surviving), 1)
    pool = desk.running.database.pool
    came = await pool.fetchval("SELECT accounts FROM merge WHERE merged_id = $1", merged)
    assert [str(account) for account in came] == [a["account_id"] for a in accounts if a["account_no"] == "MERB"]
    row = await desk.row(merged)
    assert opened(row, vault_of(desk.running.runtime.settings).sealer(merged, key_of(row))).name == "王小明"


async def test_the_feed_goes_on_under_the_old_customer_number_and_reaches_the_surviving_record(desk):
    surviving, merged = await pair(desk, "FEE", 481)
    (found,) = await proposals(desk, surviving, merged)
    await desk.done("POST", f"/v1/duplicates/{found['duplicate_id']}/acceptance", {"surviving_id": str(surviving)}, scope=MERGE)
    await desk.account("FEE-2", "FEEA", card_no=CARD)
    (account,) = await desk.done("GET", f"/v1/customers/{surviving}/accounts", scope=READ)
    assert (account["account_no"], account["card_no"]) == ("FEEA", "622848*********0018")
    body = {"id_number": resident_id(number=481)}
    result = await desk.done("POST", "/v1/customers/search", body, scope=Scope.PROFILE_SEARCH)
    assert [item["customer_id"] for item in result["items"]] == [str(surviving)]


async def test_what_either_record_refused_is_refused_after_the_merge(desk):
    surviving, merged = await pair(desk, "STO", 486)
    for customer, purpose, channel, granted in (
        (surviving, "care", "sms", False),
        (surviving, "marketing", None, True),
        (merged, "marketing", "sms", False),
        (merged, "care", None, True),
    ):
        word = {"purpose": purpose, "channel": channel, "granted": granted, "source": "app"}
        await desk.done("PUT", f"/v1/customers/{customer}/consents", word, scope=Scope.PROFILE_WRITE)
    (found,) = await proposals(desk, surviving, merged)
    await desk.done("POST", f"/v1/duplicates/{found['duplicate_id']}/acceptance", {"surviving_id": str(surviving)}, scope=MERGE)
    held = (await desk.done("GET", f"/v1/customers/{surviving}/consents", scope=READ))["items"]
    assert {(item["purpose"], item["channel"], item["granted"]) for item in held} == {
        ("care", "sms", False), ("marketing", None, True), ("marketing", "sms", False),
    }  # fmt: skip
    last = (await desk.told("profile.consent.changed.v1", merged))[-7:]
    assert {(event["channel"], event["granted"]) for event in last} == {(None, False)}
    history = await desk.done("GET", f"/v1/customers/{surviving}/consents/history", scope=READ)
    assert {item["customer_id"] for item in history} == {str(surviving), str(merged)}


async def test_dismissed_pairs_keep_their_reason_and_are_not_proposed_again(desk):
    one = await fed(desk, "DIS-1", id_number=resident_id(number=491), phone="13700000491")
    other = await fed(desk, "DIS-2", id_number=resident_id(number=492), phone="13700000491")
    (found,) = await proposals(desk, one, other)
    path = f"/v1/duplicates/{found['duplicate_id']}/dismissal"
    assert (await desk.done("POST", path, {"reason": "relatives"}, scope=MERGE))["state"] == "dismissed"
    assert await proposals(desk, one, other) == []
    listed = (await desk.done("GET", "/v1/duplicates?state=dismissed", scope=MERGE))["items"]
    assert [item["reason"] for item in listed if item["duplicate_id"] == found["duplicate_id"]] == ["relatives"]
