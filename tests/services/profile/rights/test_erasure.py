"""Forgetting a customer: refused while the law keeps the record, with the day; afterwards nothing opens (PIPL art. 47)."""

from datetime import date, timedelta

import pytest

from chassis.audit import audit
from contracts.events import open_envelope
from contracts.values import Scope
from services.profile.keyring import vault_of
from services.profile.masters import KeyUnusable
from services.profile.rules.retention import Keeping, Relation, RelationGoesOn, held, years_after
from services.profile.vault import WrappedKey
from tests.services.profile.builders import CARD, PHONE, customer_row, resident_id
from tests.services.profile.rights.conftest import key_of
from tests.support.waiting import eventually

FORGET, READ = Scope.PROFILE_FORGET, Scope.PROFILE_READ
TEN_YEARS = [Keeping("identity", 10, "art. 34"), Keeping("transactions", 10, "art. 34")]


@pytest.mark.parametrize(
    ("relation", "until"),
    [
        (Relation(date(2001, 5, 1), 0), date(2011, 5, 1)),
        (Relation(date(2001, 5, 1), 0, last_closed_on=date(2012, 2, 29)), date(2022, 3, 1)),
        (Relation(date(2001, 5, 1), 0, date(2012, 1, 1), last_booked_on=date(2013, 1, 1)), date(2023, 1, 1)),
    ],
)
def test_a_record_is_kept_until_years_after_the_last_account_or_booking_and_not_a_day_longer(relation, until):
    kept = held(relation, TEN_YEARS, today=until - timedelta(days=1))
    assert kept is not None
    assert kept.until == until
    assert held(relation, TEN_YEARS, today=until) is None


def test_the_longest_keeping_decides_and_an_open_account_keeps_for_ever():
    rules = [*TEN_YEARS, Keeping("recordings", 20, "art. 17")]
    kept = held(Relation(date(2001, 5, 1), 0), rules, today=date(2015, 1, 1))
    assert kept is not None
    assert (kept.until, kept.keeping.clause) == (years_after(date(2001, 5, 1), 20), "art. 17")
    with pytest.raises(RelationGoesOn):
        held(Relation(date(2001, 5, 1), 1), rules, today=date(2099, 1, 1))


async def test_while_an_account_is_open_nobody_is_forgotten_and_the_refusal_is_audited(desk):
    customer, number = await desk.register()
    await desk.account(number, "ERA1")
    assert await desk.refused("POST", f"/v1/customers/{customer}/erasure", scope=FORGET) == (
        409, "relation-goes-on", "1 account(s) are open",
    )  # fmt: skip
    entry = (await desk.told("profile.audit.recorded.v1", customer))[-1]
    assert (entry["act"], entry["outcome"], entry["rule"]) == ("customer.forget", "refused", "relation-goes-on")
    assert await desk.told("profile.customer.restricted.v1", customer) == []


async def test_while_the_law_keeps_the_record_only_storage_goes_on_and_on_the_day_it_is_erased_by_itself(desk):
    customer, number = await desk.register()
    closed = desk.running.clock.today() - timedelta(days=30)
    await desk.account(number, "ERA2", closed_on=closed.isoformat())
    until = years_after(closed, 10)
    status, rule, detail = await desk.refused("POST", f"/v1/customers/{customer}/erasure", scope=FORGET)
    assert (status, rule) == (409, "retention-runs")
    assert until.isoformat() in detail
    assert "art. 34" in detail
    hold = await desk.done("GET", f"/v1/customers/{customer}/erasure", scope=READ)
    assert hold == {"restricted_until": until.isoformat()}
    stopped = await desk.told("profile.consent.changed.v1", customer)
    assert {(event["purpose"], event["channel"], event["granted"]) for event in stopped} >= {("marketing", None, False)}
    word = {"purpose": "marketing", "granted": True, "source": "app"}
    path = f"/v1/customers/{customer}/consents"
    assert (await desk.refused("PUT", path, word, scope=Scope.PROFILE_WRITE))[:2] == (409, "customer-restricted")
    desk.running.clock.advance(timedelta(days=(until - desk.running.clock.today()).days + 1))
    await eventually(lambda: desk.told("profile.customer.forgotten.v1", customer))
    assert (await desk.refused("GET", f"/v1/customers/{customer}", scope=READ))[:2] == (410, "customer-forgotten")


async def test_a_forgotten_customers_ciphertexts_do_not_open_and_no_index_finds_them(desk):
    customer, number = await desk.register(opened_on="2001-05-01", id_number=resident_id(number=450), phone=PHONE)
    await desk.account(number, "ERA3", closed_on="2002-01-01", opened_on="2001-05-01", card_no=CARD)
    before = await desk.row(customer)
    vault = vault_of(desk.running.runtime.settings)
    assert vault.sealer(customer, key_of(before)).open("customer", "name", customer, before["name_sealed"]) == "王小明"
    await desk.done("POST", f"/v1/customers/{customer}/erasure", scope=FORGET)
    after = await desk.row(customer)
    assert after["wrapped"] is None
    for other in await desk.running.database.pool.fetch("SELECT customer_id, version, master_version, wrapped FROM data_key"):
        with pytest.raises(KeyUnusable):
            vault.sealer(customer, WrappedKey(other["version"], other["master_version"], other["wrapped"]))
    assert {after[name] for name in ("id_number_index", "person_index", "phone_index", "id_number_sealed")} == {None}
    for body in ({"id_number": resident_id(number=450)}, {"phone": PHONE}, {"card": CARD}):
        found = await desk.done("POST", "/v1/customers/search", body, scope=Scope.PROFILE_SEARCH)
        assert str(customer) not in [item["customer_id"] for item in found["items"]]
    for path in ("", "/accounts", "/facts", "/measures", "/signals", "/consents", "/erasure"):
        assert (await desk.refused("GET", f"/v1/customers/{customer}{path}", scope=READ))[:2] == (410, "customer-forgotten")


async def test_events_and_audit_entries_of_a_forgotten_customer_stay_whole_and_the_feed_does_not_bring_the_person_back(desk):
    customer, number = await desk.register(opened_on="2001-05-01")
    pool = desk.running.database.pool
    before = await pool.fetch("SELECT id, payload FROM outbox ORDER BY seq")
    await desk.done("POST", f"/v1/customers/{customer}/erasure", scope=FORGET)
    kept = {row["id"]: row["payload"] for row in await pool.fetch("SELECT id, payload FROM outbox")}
    assert all(kept[row["id"]] == row["payload"] for row in before)
    for row in before:
        open_envelope(row["payload"])
    async with desk.running.database.begin() as session:
        await audit(session, caller="test", act="after.erasure", customer_id=customer)
    assert (await desk.told("profile.audit.recorded.v1", customer))[-1]["act"] == "after.erasure"
    rows = {"rows": [customer_row(number), customer_row(f"{number}-new")]}
    out = await desk.done("POST", "/v1/customers/batches", rows, scope=Scope.PROFILE_FEED)
    assert [problem["rule"] for problem in out["problems"]] == ["customer-forgotten"]
    assert out["outcomes"] == ["refused", "accepted"]
