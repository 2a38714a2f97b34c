from datetime import timedelta

import pytest

from chassis.ids import new_id
from contracts.events.audit import GatewayAudited, TieringAudited
from contracts.values import Outcome, Reach, Role, Scope
from services.compliance import actions
from services.compliance.main import SERVICE
from services.compliance.rules import leaf_hash
from tests.services.compliance.builders import NOON, act, audited

ANNA, BERT = new_id(), new_id()


@pytest.fixture
async def service(running):
    async with running(SERVICE) as found:
        yield found


@pytest.fixture
def auditor(service):
    return service.headers(Scope.AUDIT_READ, Scope.SUMMARY_READ, roles=[Role.AUDITOR], subject="staff:auditor")


async def recorded(service, *acts):
    async with service.database.begin() as session:
        await actions.record(session, acts=acts, now=NOON)


async def test_the_log_is_searched_by_all_that_the_auditor_gives(service, auditor):
    wanted = act(customer_id=ANNA, actor="staff:7", act="tier.read", service="tiering", outcome="refused", rule="x")
    others = [
        act(**{**{name: getattr(wanted, name) for name in wanted.__slots__}, "event_id": new_id(), **change})
        for change in (
            {"customer_id": BERT},
            {"actor": "staff:8"},
            {"act": "tier.run"},
            {"service": "profile"},
            {"outcome": "done"},
            {"occurred_at": NOON - timedelta(seconds=1)},
            {"occurred_at": NOON + timedelta(seconds=1)},
        )
    ]
    await recorded(service, *others[:3], wanted, *others[3:])
    query = {
        "customer_id": str(ANNA),
        "actor": "staff:7",
        "act": "tier.read",
        "service": "tiering",
        "outcome": "refused",
        "from": NOON.isoformat(),
        "to": (NOON + timedelta(seconds=1)).isoformat(),
    }
    answer = await service.client.get("/v1/audit/entries", params=query, headers=auditor)
    assert answer.status_code == 200
    (item,) = answer.json()["items"]
    assert item["event_id"] == str(wanted.event_id)
    assert (item["position"], item["rule"], item["roles"]) == (3, "x", ["adviser"])
    bytes_of_it = await service.database.pool.fetchval("SELECT canonical FROM audit_entry WHERE position = 3")
    assert item["digest"] == leaf_hash(bytes_of_it).hex()


async def test_following_the_cursor_shows_every_entry_once(service, auditor):
    await recorded(service, *(act(occurred_at=NOON + timedelta(seconds=number % 3)) for number in range(7)))
    seen, query = [], {"limit": "3", "to": (NOON + timedelta(days=1)).isoformat()}
    for _ in range(3):
        page = (await service.client.get("/v1/audit/entries", params=query, headers=auditor)).json()
        seen += [item["position"] for item in page["items"]]
        query["cursor"] = page["next"]
    assert page["next"] is None
    assert seen == [5, 2, 4, 1, 6, 3, 0]


async def test_reading_the_log_is_itself_in_the_log(service, auditor):
    await recorded(service, act(customer_id=ANNA), act(customer_id=ANNA))
    await service.client.get("/v1/audit/entries", params={"actor": "staff:A100", "limit": "1"}, headers=auditor)
    await service.client.get(f"/v1/customers/{ANNA}/audit", headers=auditor)
    await service.settled()
    await service.client.get("/v1/summary/audit", headers=auditor)
    await service.settled()
    rows = await service.database.pool.fetch(
        "SELECT service, actor, act, customer_id, details::text AS details FROM audit_entry WHERE position > 1 ORDER BY position"
    )
    assert [tuple(row) for row in rows] == [
        ("compliance", "staff:auditor", "audit.read", None, '{"entries": 1, "searched_by": "actor"}'),
        ("compliance", "staff:auditor", "audit.read", ANNA, '{"entries": 2, "searched_by": "customer_id"}'),
        ("compliance", "staff:auditor", "audit.summary_read", None, '{"acts": 2}'),
    ]


async def test_a_customers_entries_hold_nobody_elses(service, auditor):
    await recorded(service, act(customer_id=ANNA), act(customer_id=BERT), act(customer_id=None))
    page = (await service.client.get(f"/v1/customers/{ANNA}/audit", headers=auditor)).json()
    assert [item["customer_id"] for item in page["items"]] == [str(ANNA)]


async def test_a_token_for_one_customer_reads_neither_another_nor_the_whole_log(service):
    headers = service.headers(Scope.AUDIT_READ, customer=ANNA, subject="staff:7", roles=[Role.ADVISER])
    own = await service.client.get(f"/v1/customers/{ANNA}/audit", headers=headers)
    other = await service.client.get(f"/v1/customers/{BERT}/audit", headers=headers)
    whole = await service.client.get("/v1/audit/entries", params={"customer_id": str(BERT)}, headers=headers)
    assert (own.status_code, other.status_code, whole.status_code) == (200, 403, 403)
    assert (other.json()["rule"], whole.json()["rule"]) == ("customer-not-yours", "log-not-within-reach")
    await service.settled()
    rows = await service.database.pool.fetch("SELECT rule FROM audit_entry WHERE outcome = 'refused' ORDER BY position")
    assert [row["rule"] for row in rows] == ["customer-not-yours", "log-not-within-reach"]


@pytest.mark.parametrize("reach", [Reach.OWN, Reach.BRANCH])
async def test_only_a_reach_over_all_customers_searches_the_log(service, reach):
    headers = service.headers(Scope.AUDIT_READ, reach=reach)
    answer = await service.client.get("/v1/audit/entries", headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (403, "log-not-within-reach")


async def test_without_the_scope_the_log_stays_closed(service):
    for path in ("/v1/audit/entries", f"/v1/customers/{ANNA}/audit", "/v1/summary/audit"):
        answer = await service.client.get(path, headers=service.headers(Scope.TIER_READ))
        assert (answer.status_code, answer.json()["rule"]) == (403, "scope-missing")
        assert (await service.client.get(path)).status_code == 401


async def test_there_is_no_way_to_write_into_the_log(service, auditor):
    for path in ("/v1/audit/entries", f"/v1/customers/{ANNA}/audit"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert (await service.client.request(method, path, headers=auditor)).status_code == 405


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ({"from": NOON.isoformat(), "to": NOON.isoformat()}, "no-such-window"),
        ({"from": "2026-03-02T04:00:00"}, "input-invalid"),
        ({"service": "vault"}, "input-invalid"),
        ({"actor": "a\x00b"}, "input-invalid"),
        ({"cursor": "WzFd"}, "cursor-invalid"),
        ({"cursor": "!"}, "cursor-invalid"),
        ({"limit": "201"}, "input-invalid"),
    ],
)
async def test_a_search_that_makes_no_sense_names_its_rule(service, auditor, query, rule):
    answer = await service.client.get("/v1/audit/entries", params=query, headers=auditor)
    assert (answer.status_code, answer.json()["rule"]) == (422, rule)


async def test_the_summary_counts_done_and_refused_acts_of_each_service(service, auditor):
    await service.publish(
        audited(TieringAudited, act="tier.read"),
        audited(TieringAudited, act="tier.read"),
        audited(TieringAudited, act="tier.read", outcome=Outcome.REFUSED, rule="x"),
        audited(GatewayAudited, act="case.opened"),
    )
    await service.settled()
    summary = (await service.client.get("/v1/summary/audit", headers=auditor)).json()
    assert summary["entries"] == 4
    assert [(one["service"], one["entries"]) for one in summary["services"]] == [("gateway", 1), ("tiering", 3)]
    (acts,) = summary["services"][1]["acts"]
    assert (acts["act"], acts["done"], acts["refused"]) == ("tier.read", 2, 1)
