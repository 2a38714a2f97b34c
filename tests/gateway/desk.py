"""What the tests of the case desk share: people, cases, and what was told of them."""

from datetime import date
from uuid import UUID

import orjson

from chassis.ids import new_id
from contracts.events.profile import Evidence, SignalRaised
from contracts.values import Role, SignalKind
from tests.gateway.bank import CUSTOMER, Bank


def person(staff_no: str, *departments: str, branch: str = "SH-01", **more) -> dict:
    return {"staff_no": staff_no, "display_name": f"Staff {staff_no}", "branch": branch, "departments": list(departments), **more}


TEAM = [person("L1", "personal_loans"), person("P1", "private_banking"), person("C1", "corporate"), person("A1", "wealth")]


PROPOSAL = "综合方案：理财非存款，产品有风险，投资须谨慎。"
"""A proposal whose wording passes."""


async def seed(bank: Bank, people: list[dict] | None = None) -> dict:
    answer = await bank.client.post("/v1/staff", json={"items": people or TEAM}, headers=bank.bearer(Role.OPERATOR))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def open_case(bank: Bank, customer: UUID = CUSTOMER, cause: str = "business_succession"):
    return await bank.client.post("/v1/cases", json={"customer_id": str(customer), "cause": cause}, headers=bank.adviser())


def member(bank: Bank, staff_no: str) -> dict[str, str]:
    return bank.adviser(staff_no=staff_no, subject=f"u-{staff_no}")


async def hand_in(bank: Bank, case_id: str, department: str, staff_no: str, text: str = "text"):
    body = {"department": department, "text": text}
    return await bank.client.post(f"/v1/cases/{case_id}/sections", json=body, headers=member(bank, staff_no))


async def deliver(bank: Bank, case_id: str, staff_no: str, text: str = PROPOSAL, **headers: str):
    body = {"text": text}
    return await bank.client.post(f"/v1/cases/{case_id}/proposal", json=body, headers={**member(bank, staff_no), **headers})


async def told(bank: Bank, event_type: str) -> list[dict]:
    rows = await bank.gateway.database.pool.fetch("SELECT payload FROM outbox WHERE subject = $1 ORDER BY seq", event_type)
    return [orjson.loads(row["payload"])["data"] for row in rows]


def signal(kind: SignalKind = SignalKind.COMPLEX_NEED, customer: UUID = CUSTOMER) -> SignalRaised:
    day = date(2026, 3, 2)
    evidence = Evidence(window_from=day, window_to=day)
    return SignalRaised(signal_id=new_id(), customer_id=customer, kind=kind, as_of=day, confidence_bp=9000, evidence=evidence)


def state_of(customer: UUID, **more) -> dict:
    usual = {"version": 1, "branch": "SH-01", "birth_date": date(1970, 1, 1), "sex": "f", "opened_on": date(2020, 1, 1)}
    return {"customer_id": customer, **usual, **more}
