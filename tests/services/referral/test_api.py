import shutil

import pytest
import yaml

from chassis.ids import new_id
from contracts.values import Role, Scope
from contracts.wording import judgement_of
from services.referral.actions import PolicyChangedInPlace
from services.referral.main import SERVICE
from services.referral.rules.codes import parse_code
from tests.services.referral.builders import CODE, campaigns, registered, with_code


@pytest.fixture
async def service(running):
    async with running(SERVICE) as found:
        yield found


@pytest.fixture
async def anna(service):
    """A customer without a code."""
    event = registered()
    await service.publish(event)
    await service.settled()
    return event.customer_id


def as_customer(service, customer_id):
    return service.headers(
        Scope.REFERRAL_READ, Scope.REFERRAL_WRITE, customer=customer_id, roles=[Role.CUSTOMER], subject="customer"
    )


async def acts(service):
    rows = await service.database.pool.fetch(
        "SELECT convert_from(payload, 'UTF8')::json->'data'->>'act' AS act FROM outbox"
        " WHERE subject = 'referral.audit.recorded.v1' ORDER BY seq"
    )
    return [row["act"] for row in rows]


async def test_a_customer_asks_for_a_code_reads_it_and_takes_it_back(service, anna):
    path, headers = f"/v1/customers/{anna}/referral-code", as_customer(service, anna)
    assert (await service.client.get(path, headers=headers)).json()["rule"] == "no-active-code"

    made = await service.client.post(path, headers=headers)
    again = await service.client.post(path, headers=headers)
    read = await service.client.get(path, headers=headers)
    assert (made.status_code, again.status_code, read.status_code) == (201, 200, 200)
    assert made.json() == again.json() == read.json()
    assert len(parse_code(made.json()["code"])) == 12

    assert (await service.client.delete(path, headers=headers)).status_code == 204
    assert (await service.client.get(path, headers=headers)).status_code == 404
    assert (await service.client.post(path, headers=headers)).json()["code"] != made.json()["code"]
    assert await acts(service) == [
        "campaigns.published",
        "referral_code.issued",
        "referral_code.read",
        "referral_code.read",
        "referral_code.withdrawn",
        "referral_code.issued",
    ]


async def test_an_unknown_customer_gets_no_code(service):
    stranger = new_id()
    answer = await service.client.post(f"/v1/customers/{stranger}/referral-code", headers=as_customer(service, stranger))
    assert (answer.status_code, answer.json()["rule"]) == (404, "customer-unknown")
    assert answer.json()["fix"]


async def referred(service, count):
    """A referrer with `count` rewarded referrals and one refused for a household."""
    home = new_id()
    async with service.database.begin() as session:
        referrer, code = await with_code(session, household_id=home)
    newcomers = [registered(referral_code=code) for _ in range(count)]
    await service.publish(*newcomers, registered(referral_code=code, household_id=home), registered(referral_code=CODE))
    await service.settled()
    return referrer, newcomers


async def test_points_show_the_balance_and_every_entry_once_over_pages(service):
    referrer, newcomers = await referred(service, 5)
    headers, path = as_customer(service, referrer), f"/v1/customers/{referrer}/points"
    seen, query = [], {"limit": "2"}
    for _ in range(3):
        points = (await service.client.get(path, params=query, headers=headers)).json()
        assert (points["balance"], points["currency"]) == (25000, "PTS")
        seen += points["entries"]["items"]
        query["cursor"] = points["entries"]["next"]
    assert query["cursor"] is None
    assert [entry["balance_after"] for entry in seen] == [25000, 20000, 15000, 10000, 5000]
    assert {entry["reference"] for entry in seen} == {f"referral:{newcomer.customer_id}" for newcomer in newcomers}


async def test_a_customer_without_an_account_has_no_points(service, anna):
    points = (await service.client.get(f"/v1/customers/{anna}/points", headers=as_customer(service, anna))).json()
    assert (points["balance"], points["entries"]) == (0, {"items": [], "next": None})


async def test_a_referrer_sees_how_referrals_ended_but_not_who_came(service):
    referrer, newcomers = await referred(service, 2)
    answer = await service.client.get(f"/v1/customers/{referrer}/referrals", headers=as_customer(service, referrer))
    items = answer.json()["items"]
    assert [(item["status"], item["rule"], item["points"]) for item in items] == [
        ("refused", "same-household", 0),
        ("rewarded", None, 5000),
        ("rewarded", None, 5000),
    ]
    assert not any(str(newcomer.customer_id) in answer.text for newcomer in newcomers)


async def test_referrals_come_in_pages(service):
    referrer, _ = await referred(service, 3)
    headers, path = as_customer(service, referrer), f"/v1/customers/{referrer}/referrals"
    first = (await service.client.get(path, params={"limit": "3"}, headers=headers)).json()
    second = (await service.client.get(path, params={"limit": "3", "cursor": first["next"]}, headers=headers)).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (3, 1, None)
    assert len({item["referral_id"] for item in first["items"] + second["items"]}) == 4


async def test_the_summary_measures_points_and_how_referrals_ended(service):
    await referred(service, 3)
    answer = await service.client.get("/v1/summary/points", headers=service.headers(Scope.SUMMARY_READ))
    assert answer.json() == {
        "outstanding": 30000,
        "accounts": 4,
        "transfers": 3,
        "rewarded": [{"campaign": "recommend-2026", "rewarded": 3}],
        "refused": [{"rule": "code-unknown", "refused": 1}, {"rule": "same-household", "refused": 1}],
    }


async def test_the_running_campaign_is_shown_in_the_words_of_the_policy(service, anna):
    (item,) = (await service.client.get("/v1/campaigns", headers=as_customer(service, anna))).json()["items"]
    assert (item["points_each"], item["title"]) == (5000, campaigns().campaigns[0].title)


@pytest.mark.parametrize("path", ["points", "referrals", "referral-code"])
async def test_nobody_reads_another_customers_points(service, anna, path):
    answer = await service.client.get(f"/v1/customers/{new_id()}/{path}", headers=as_customer(service, anna))
    assert (answer.status_code, answer.json()["rule"]) == (403, "customer-not-yours")
    assert (await acts(service))[-1].endswith(".attempted")


@pytest.mark.parametrize("path", ["points", "referrals"])
@pytest.mark.parametrize("cursor", ["WzEsMl0", "WyJ4Il0", "WzE4NDQ2NzQ0MDczNzA5NTUxNjE2XQ", "x"])
async def test_a_cursor_of_another_list_is_refused(service, anna, path, cursor):
    answer = await service.client.get(
        f"/v1/customers/{anna}/{path}", params={"cursor": cursor}, headers=as_customer(service, anna)
    )
    assert (answer.status_code, answer.json()["rule"]) == (422, "cursor-invalid")


async def test_reads_of_points_and_referrals_are_audited(service, anna):
    for path in ("points", "referrals"):
        await service.client.get(f"/v1/customers/{anna}/{path}", headers=as_customer(service, anna))
    assert (await acts(service))[-2:] == ["points.read", "referrals.read"]


def test_no_route_takes_points_or_turns_them_into_anything_else():
    """H29: the only writing routes are about the code; points move by referrals alone."""
    from services.referral.api import router

    writing = {(route.path, method) for route in router.routes for method in route.methods if method != "GET"}
    path = "/v1/customers/{customer_id}/referral-code"
    assert writing == {(path, "POST"), (path, "DELETE")}


async def test_a_service_with_an_edited_published_policy_does_not_start(running, servers, tmp_path):
    edited = tmp_path / "campaigns.yaml"
    edited.write_text(yaml.safe_dump(campaigns(points_each=6000).model_dump(), allow_unicode=True), encoding="utf-8")
    shutil.copyfile(judgement_of(SERVICE.settings.model_fields["campaigns"].default), judgement_of(edited))
    url = await servers.database("referral")
    async with running(SERVICE, database_url=url):
        pass
    async with running(SERVICE, database_url=url):  # a second start of the same version is fine
        pass
    with pytest.raises(PolicyChangedInPlace):
        async with running(SERVICE, database_url=url, campaigns=edited):
            pass
