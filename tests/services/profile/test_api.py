"""The routes of profile over HTTP: registering, changing, reading masked, searching, feeding, consents."""

from datetime import date
from uuid import UUID

import orjson
import pytest

from contracts.values import Purpose, Reach, Role, Scope
from services.profile.main import SERVICE
from services.profile.measuring import compute
from tests.services.profile.builders import CARD, PHONE, account_row, customer_row, registration, resident_id

STAFF = {"roles": [Role.BRANCH_MANAGER], "branch": "B001", "staff_no": "S1"}


@pytest.fixture
async def service(running):
    async with running(SERVICE) as service:
        yield service


async def post(service, path, body, *scopes, headers=None, **token):
    return await service.client.post(path, json=body, headers={**service.headers(*scopes, **token), **(headers or {})})


async def register(service, **changes):
    answer = await post(service, "/v1/customers", registration(**changes), Scope.PROFILE_WRITE)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["customer_id"])


async def get(service, path, scope=Scope.PROFILE_READ, **token):
    return await service.client.get(path, headers=service.headers(scope, **token))


async def told(service, subject):
    rows = await service.database.pool.fetch("SELECT payload FROM outbox WHERE subject = $1 ORDER BY seq", subject)
    return [orjson.loads(row["payload"])["data"] for row in rows]


async def test_a_registered_customer_is_published_with_the_referral_code_and_without_identity(service):
    customer = await register(service, referral_code="R7", household_no="H1")
    (event,) = await told(service, "profile.customer.registered.v1")
    assert (event["customer_id"], event["version"], event["referral_code"], event["imported"]) == (str(customer), 1, "R7", False)
    assert event["household_id"] is not None
    assert set(event) == {
        "customer_id", "version", "branch", "birth_date", "sex", "opened_on", "adviser_no", "household_id", "occupation",
        "referral_code", "imported",
    }  # fmt: skip


async def test_every_answer_is_masked_and_the_own_app_shows_less(service):
    customer = await register(service, email="xiaoming@example.com", address="北京市东城区景山前街4号")
    inside = (await get(service, f"/v1/customers/{customer}", **STAFF, customer=customer)).json()
    assert (inside["name"], inside["id_number"], inside["phone"]) == ("王**", "110101199003******", "138****5678")
    assert (inside["email"], inside["address"]) == ("x***@example.com", "北京市东城区******")
    own = (await get(service, f"/v1/customers/{customer}", roles=[Role.CUSTOMER], customer=customer)).json()
    assert own["id_number"] == "1****************" + resident_id()[-1]
    assert (own["name"], own["phone"], own["email"]) == ("王**", "138****5678", "***@example.com")
    stranger = (await get(service, f"/v1/customers/{customer}", roles=[Role.OPERATOR], customer=customer)).json()
    assert {stranger[name] for name in ("name", "id_number", "phone", "email", "address")} == {"***"}
    assert (stranger["birth_date"], stranger["branch"], stranger["opened_on"]) == (None, own["branch"], own["opened_on"])


@pytest.mark.parametrize(
    ("changes", "status", "rule", "field"),
    [
        ({"id_number": resident_id()[:-1] + "Y"}, 422, "id-number-invalid", "id_number"),
        ({"phone": "12"}, 422, "phone-invalid", "phone"),
        ({"email": "nobody"}, 422, "email-invalid", "email"),
        ({"birth_date": "2090-01-01"}, 422, "birth-date-impossible", "birth_date"),
        ({"sex": "f"}, 422, "identity-inconsistent", "sex"),
        ({"name": ""}, 422, "identity-incomplete", "name"),
        ({"customer_no": "C1"}, 409, "customer-no-taken", "customer_no"),
        ({"customer_no": "C2"}, 409, "identity-taken", "id_number"),
        ({"branch": "two words"}, 422, "input-invalid", "body.branch"),
        ({"nickname": PHONE}, 422, "input-invalid", "body.nickname"),
    ],
)
async def test_bad_input_is_named_by_rule_and_field_and_never_quoted(service, changes, status, rule, field):
    if status == 409:
        await register(service)
    answer = await post(service, "/v1/customers", registration(**changes), Scope.PROFILE_WRITE)
    assert (answer.status_code, answer.json()["rule"], answer.json()["field"]) == (status, rule, field)
    for value in (resident_id(), PHONE, "王小明", *(str(value) for value in changes.values() if len(str(value)) > 8)):
        assert value not in answer.text or value == "2090-01-01"


async def test_the_same_registration_under_one_idempotency_key_registers_once(service):
    key = {"Idempotency-Key": "k1"}
    answers = [await post(service, "/v1/customers", registration(), Scope.PROFILE_WRITE, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(await told(service, "profile.customer.registered.v1")) == 1


async def test_customers_do_not_register_customers_and_staff_register_in_their_branch(service):
    own = await register(service)
    body = registration(customer_no="C2", id_number=resident_id(number=2))
    answer = await post(service, "/v1/customers", body, Scope.PROFILE_WRITE, roles=[Role.CUSTOMER], customer=own)
    assert (answer.status_code, answer.json()["rule"]) == (403, "staff-only")
    answer = await post(service, "/v1/customers", {**body, "branch": "B9"}, Scope.PROFILE_WRITE, reach=Reach.BRANCH, **STAFF)
    assert (answer.status_code, answer.json()["rule"]) == (403, "other-branch")
    answer = await post(service, "/v1/customers", body, Scope.PROFILE_WRITE, reach=Reach.BRANCH, **STAFF)
    assert answer.status_code == 201


async def patch(service, customer, body, **token):
    headers = service.headers(Scope.PROFILE_WRITE, customer=customer, **{"roles": [Role.ADVISER], **token})
    return await service.client.patch(f"/v1/customers/{customer}", json=body, headers=headers)


async def test_changes_are_published_in_order_and_what_was_there_already_is_not(service):
    customer = await register(service)
    assert (await patch(service, customer, {"adviser_no": "S2", "phone": "13987654321"})).json()["phone"] == "139****4321"
    assert (await patch(service, customer, {"adviser_no": "S2", "phone": "139 8765 4321"})).json()["changes"] == 1
    assert (await patch(service, customer, {"phone": None, "household_no": "H2"})).json()["phone"] is None
    events = await told(service, "profile.customer.changed.v1")
    assert [(event["version"], event["adviser_no"]) for event in events] == [(1, "S2"), (2, "S2")]


async def test_a_change_may_not_contradict_the_identity_or_take_somebody_elses(service):
    customer = await register(service)
    other = resident_id(number=2)
    await register(service, customer_no="C2", id_number=other)
    for body, status, rule in (
        ({"birth_date": "1990-03-08"}, 422, "identity-inconsistent"),
        ({"id_number": other}, 409, "identity-taken"),
        ({"name": ""}, 422, "identity-incomplete"),
        ({"branch": None}, 422, "field-required"),
    ):
        answer = await patch(service, customer, body)
        assert (answer.status_code, answer.json()["rule"]) == (status, rule)
    assert await told(service, "profile.customer.changed.v1") == []


async def test_customers_change_by_themselves_only_how_they_are_reached(service):
    customer = await register(service)
    answer = await patch(service, customer, {"email": "new@example.com"}, roles=[Role.CUSTOMER])
    assert answer.status_code == 200
    answer = await patch(service, customer, {"adviser_no": "S9"}, roles=[Role.CUSTOMER])
    assert (answer.status_code, answer.json()["rule"]) == (403, "field-not-self-service")


async def test_lists_and_searches_stay_within_the_callers_reach(service):
    mine = await register(service, adviser_no="S1")
    await register(service, customer_no="C2", id_number=resident_id(number=2), phone="13987654321", branch="B002")
    for token, seen in (
        ({"reach": Reach.ALL}, 2),
        ({"reach": Reach.BRANCH, "branch": "B001"}, 1),
        ({"reach": Reach.BRANCH}, 0),
        ({"reach": Reach.OWN, "staff_no": "S1"}, 1),
        ({"reach": Reach.OWN, "staff_no": "S2"}, 0),
        ({"reach": Reach.OWN}, 0),
    ):
        page = (await get(service, "/v1/customers", Scope.PROFILE_SEARCH, **token)).json()
        assert len(page["items"]) == seen, token
        found = await post(service, "/v1/customers/search", {"phone": "+86 139 8765 4321"}, Scope.PROFILE_SEARCH, **token)
        assert len(found.json()["items"]) == (1 if token["reach"] is Reach.ALL else 0), token
    body = {"id_number": resident_id().lower()}
    found = await post(service, "/v1/customers/search", body, Scope.PROFILE_SEARCH, reach=Reach.OWN, staff_no="S1")
    assert [item["customer_id"] for item in found.json()["items"]] == [str(mine)]
    empty = await post(service, "/v1/customers/search", {}, Scope.PROFILE_SEARCH)
    assert (empty.status_code, empty.json()["rule"]) == (422, "search-empty")


async def test_pages_of_customers_follow_each_other_without_gaps(service):
    rows = [customer_row(f"C{number}") for number in range(7)]
    await post(service, "/v1/customers/batches", {"rows": rows}, Scope.PROFILE_FEED)
    seen, cursor = [], ""
    while cursor is not None:
        page = (await get(service, f"/v1/customers?limit=3&cursor={cursor}" if cursor else "/v1/customers?limit=3",
                          Scope.PROFILE_SEARCH)).json()  # fmt: skip
        seen += [item["customer_no"] for item in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == [f"C{number}" for number in range(7)]


async def test_a_batch_says_for_each_row_what_became_of_it(service):
    await register(service)
    await post(
        service, "/v1/products", {"rows": [{"product_code": "DEM", "class": "demand", "currency": "CNY"}]}, Scope.PROFILE_FEED
    )
    rows = [account_row(card_no=CARD), account_row("A2", "C9"), account_row("A3", opened_on="soon"), account_row("A4")]
    answer = (await post(service, "/v1/accounts", {"rows": rows}, Scope.PROFILE_FEED)).json()
    assert (answer["created"], answer["refused"]) == (2, 2)
    assert answer["outcomes"] == ["accepted", "refused", "refused", "accepted"]
    assert [(row["row"], row["field"], row["rule"]) for row in answer["problems"]] == [
        (1, "customer_no", "customer-unknown"),
        (2, "opened_on", "day-form"),
    ]
    again = (await post(service, "/v1/accounts", {"rows": [rows[0]]}, Scope.PROFILE_FEED)).json()
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, 1)
    balances = [{"account_no": "A1", "day": "2026-01-01", "balance": 12.5}]
    await post(service, "/v1/balances", {"rows": balances}, Scope.PROFILE_FEED)


async def test_accounts_show_the_latest_balance_and_a_masked_card_that_can_be_searched(service):
    customer = await register(service)
    await post(
        service, "/v1/products", {"rows": [{"product_code": "DEM", "class": "demand", "currency": "CNY"}]}, Scope.PROFILE_FEED
    )
    await post(service, "/v1/accounts", {"rows": [account_row(card_no=CARD)]}, Scope.PROFILE_FEED)
    balances = [{"account_no": "A1", "day": f"2026-01-0{day}", "balance": str(day)} for day in (1, 3, 2)]
    await post(service, "/v1/balances", {"rows": balances}, Scope.PROFILE_FEED)
    (account,) = (await get(service, f"/v1/customers/{customer}/accounts", roles=[Role.ADVISER], customer=customer)).json()
    assert (account["card_no"], account["balance_day"], account["balance_fen"]) == ("622848*********0018", "2026-01-03", 300)
    found = await post(service, "/v1/customers/search", {"card": f"{CARD[:4]} {CARD[4:]}"}, Scope.PROFILE_SEARCH)
    assert [item["customer_id"] for item in found.json()["items"]] == [str(customer)]


async def test_consents_keep_the_latest_word_and_publish_changes_only(service):
    customer = await register(service)
    path, headers = f"/v1/customers/{customer}/consents", service.headers(Scope.PROFILE_WRITE, customer=customer)
    words = [
        ("sms", True),
        ("sms", True),
        ("sms", False),
        (None, True),
        ("sms", True),
        ("sms", False),
        ("app", True),
        (None, False),
    ]
    held = []
    for channel, granted in words:
        body = {"purpose": "marketing", "channel": channel, "granted": granted, "source": "app"}
        answer = await service.client.put(path, json=body, headers=headers)
        assert answer.status_code == 200
        held.append([(item["channel"], item["granted"]) for item in answer.json()["items"]])
    on_all = (None, True)
    after_all = [[on_all], [on_all], [on_all, ("sms", False)], [on_all, ("sms", False)], [(None, False)]]
    assert held == [[("sms", True)], [("sms", True)], [("sms", False)], *after_all]
    events = await told(service, "profile.consent.changed.v1")
    assert [(event["version"], event["granted"], event["channel"]) for event in events] == [
        (1, True, "sms"), (2, False, "sms"), (3, True, None), (4, False, "sms"), (5, False, None),
    ]  # fmt: skip


async def test_a_consent_for_an_unknown_purpose_is_refused_by_name(service):
    customer = await register(service)
    path, headers = f"/v1/customers/{customer}/consents", service.headers(Scope.PROFILE_WRITE, customer=customer)
    answer = await service.client.put(path, json={"purpose": "promo", "granted": False}, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (422, "body.purpose")
    assert "'marketing'" in problem["fields"][0]["fix"]
    assert "promo" not in answer.text


async def test_every_read_of_personal_data_is_audited_with_reader_customer_and_purpose(service):
    customer = await register(service)
    for path in ("", "/accounts", "/facts", "/signals", "/consents"):
        answer = await get(service, f"/v1/customers/{customer}{path}", customer=customer, subject="reader", purpose=Purpose.RISK)
        assert answer.status_code == 200
    acts = [event for event in await told(service, "profile.audit.recorded.v1") if event["actor"] == "reader"]
    assert {event["act"] for event in acts} == {"customer.read", "accounts.read", "facts.read", "signals.read", "consents.read"}
    assert {(event["customer_id"], event["purpose"], event["outcome"]) for event in acts} == {(str(customer), "risk", "done")}


@pytest.mark.parametrize("path", ["", "/accounts", "/facts", "/measures", "/signals", "/consents"])
async def test_nobody_reads_another_customer(service, path):
    mine = await register(service)
    other = await register(service, customer_no="C2", id_number=resident_id(number=2))
    answer = await get(service, f"/v1/customers/{other}{path}", customer=mine, roles=[Role.CUSTOMER])
    assert (answer.status_code, answer.json()["rule"]) == (403, "customer-not-yours")


async def test_what_is_not_there_is_named(service):
    nobody = "0190b6c0-0000-7000-8000-000000000000"
    for path in ("", "/accounts", "/facts", "/measures", "/signals", "/consents"):
        answer = await get(service, f"/v1/customers/{nobody}{path}")
        assert (answer.status_code, answer.json()["rule"]) == (404, "customer-unknown")
    answer = await get(service, f"/v1/customers/{await register(service)}/measures")
    assert (answer.status_code, answer.json()["rule"]) == (404, "no-measures")
    answer = await service.client.get(f"/v1/measures/runs/{nobody}", headers=service.headers(Scope.PROFILE_FEED))
    assert (answer.status_code, answer.json()["rule"]) == (404, "run-unknown")


async def test_a_run_over_a_day_that_is_not_over_is_refused(service):
    today = service.clock.today()
    answer = await post(service, "/v1/measures/runs", {"as_of": today.isoformat()}, Scope.PROFILE_FEED)
    assert (answer.status_code, answer.json()["rule"]) == (422, "day-not-over")


async def test_signals_are_counted_by_kind_and_branch(service):
    rows = [customer_row("C1", birth_date="1950-06-15"), customer_row("C2", birth_date="1951-06-15", branch="B002")]
    await post(service, "/v1/customers/batches", {"rows": rows}, Scope.PROFILE_FEED)
    await compute(service.database, as_of=date(2026, 1, 31))
    for token, customers in (
        ({"reach": Reach.ALL}, 2),
        ({"reach": Reach.BRANCH, "branch": "B002"}, 1),
        ({"reach": Reach.BRANCH}, 0),
    ):
        counts = (await get(service, "/v1/summary/signals", Scope.SUMMARY_READ, **token)).json()
        assert sum(row["customers"] for row in counts if row["kind"] == "older_customer") == customers
