"""What to say in an urgent contact: the watch's words with the digits that profile shows at that moment (H25)."""

from uuid import UUID

import orjson

from contracts.values import Reach, Role, Scope
from tests.gateway.bank import CUSTOMER, STRANGER, Answer, Bank

ALERT = UUID("0190a000-0000-7000-8000-00000000000a")
ACCOUNT, OTHER = UUID(int=1), UUID(int=2)
PATH = f"/v1/customers/{CUSTOMER}/alerts/{ALERT}/script"


def tell(bank: Bank, *, customer: UUID = CUSTOMER, accounts: tuple[UUID, ...] = (ACCOUNT,), cards: dict | None = None) -> None:
    alert = {"customer_id": customer, "account_ids": accounts, "script": {"zh": "您尾号{last_four}的账户", "en": "{last_four}"}}
    told = [{"account_id": account, "card_no": card} for account, card in (cards or {ACCOUNT: "622848******0018"}).items()]
    bank.upstreams["compliance"].answers[f"/v1/alerts/{ALERT}"] = Answer(orjson.dumps(alert))
    bank.profile.answers[f"/v1/customers/{CUSTOMER}/accounts"] = Answer(orjson.dumps(told))


async def test_the_script_names_the_last_digits_of_the_account_that_the_money_left(bank: Bank) -> None:
    tell(bank, cards={OTHER: "622848******9999", ACCOUNT: "622848******0018"})
    answer = await bank.client.get(PATH, headers=bank.adviser())
    assert answer.status_code == 200
    assert answer.json() == {"alert_id": str(ALERT), "customer_id": str(CUSTOMER), "zh": "您尾号0018的账户", "en": "0018"}
    asked = {name: bank.upstreams[name].seen[-1].capability for name in ("compliance", "profile")}
    assert {name: capability.scopes for name, capability in asked.items()} == {
        "compliance": {Scope.ALERT_READ},
        "profile": {Scope.PROFILE_READ},
    }
    assert {(capability.customer, capability.reach) for capability in asked.values()} == {(CUSTOMER, Reach.ONE)}


async def test_an_account_without_a_card_stays_hidden(bank: Bank) -> None:
    tell(bank, accounts=(ACCOUNT, OTHER), cards={ACCOUNT: "622848******0018", OTHER: None})
    assert (await bank.client.get(PATH, headers=bank.adviser())).json()["en"] == "0018、****"


async def test_an_alert_of_another_customer_looks_like_none(bank: Bank) -> None:
    tell(bank, customer=STRANGER)
    answer = await bank.client.get(PATH, headers=bank.adviser())
    assert (answer.status_code, answer.json()["rule"]) == (404, "alert-unknown")
    bank.upstreams["compliance"].answers[f"/v1/alerts/{ALERT}"] = Answer(b"{}", status=403)
    assert (await bank.client.get(PATH, headers=bank.adviser())).status_code == 404


async def test_customers_see_no_script_and_neither_does_who_may_not_see_the_customer(bank: Bank) -> None:
    tell(bank)
    assert (await bank.client.get(PATH, headers=bank.bearer(Role.CUSTOMER, customer_id=CUSTOMER))).status_code == 403
    stranger = PATH.replace(str(CUSTOMER), str(STRANGER))
    assert (await bank.client.get(stranger, headers=bank.adviser())).status_code == 403
    assert bank.upstreams["compliance"].seen == []
