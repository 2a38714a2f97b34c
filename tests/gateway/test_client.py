"""The typed client speaks with a real gateway."""

import pytest

from contracts.clients import GatewayClient, Refused
from contracts.desk import ClosingIn, StaffIn
from contracts.values import Department, Purpose, Role
from tests.gateway.bank import CUSTOMER, STRANGER, Answer, Bank
from tests.gateway.desk import PROPOSAL

PEOPLE = [
    StaffIn(staff_no=staff_no, display_name=staff_no, branch="SH-01", departments=[department])
    for staff_no, department in (
        ("L1", Department.PERSONAL_LOANS),
        ("P1", Department.PRIVATE_BANKING),
        ("C1", Department.CORPORATE),
    )
]


def client(bank: Bank, *roles: Role, purpose: Purpose | None = None, **claims) -> GatewayClient:
    return GatewayClient(str(bank.client.base_url), bank.token(*roles, **claims), purpose=purpose)


async def test_a_case_runs_through_the_client(bank: Bank) -> None:
    async with client(bank, Role.OPERATOR) as operator:
        assert (await operator.put_staff(PEOPLE)).created == 3
        assert [person.staff_no async for person in operator.staff()] == ["C1", "L1", "P1"]
    async with client(bank, Role.ADVISER, staff_no="A1") as adviser:
        case = await adviser.open_case(CUSTOMER, "executive_household", key="k1")
        assert (await adviser.open_case(CUSTOMER, "executive_household", key="k1")).case_id == case.case_id
        assert [row.case_id async for row in adviser.cases(state="working")] == [case.case_id]
    async with client(bank, Role.ADVISER, staff_no="C1") as member:
        await member.hand_in(case.case_id, Department.CORPORATE, "text")
    async with client(bank, Role.ADVISER, staff_no="P1") as lead:
        await lead.hand_in(case.case_id, Department.PRIVATE_BANKING, "text")
        assert (await lead.deliver(case.case_id, PROPOSAL)).state == "proposed"
        assert (await lead.close_case(case.case_id, ClosingIn(outcome="declined"))).outcome == "declined"
        assert (await lead.case(case.case_id)).proposal == PROPOSAL


async def test_reads_come_typed_or_as_json(bank: Bank) -> None:
    async with client(bank, Role.ADVISER, staff_no="A1", purpose=Purpose.SALES) as adviser:
        assert (await adviser.me()).staff_no == "A1"
        assert (await adviser.overview(CUSTOMER)).tier == {"from": "tiering"}
        assert await adviser.get("/v1/packages", limit=2) == {"from": "tiering"}
    assert bank.upstreams["tiering"].seen[-1].target == "/v1/packages?limit=2"
    assert bank.upstreams["tiering"].seen[-1].capability.purpose is Purpose.SALES


async def test_a_refusal_names_its_rule(bank: Bank) -> None:
    async with client(bank, Role.ADVISER) as adviser:
        with pytest.raises(Refused) as refused:
            await adviser.overview(STRANGER)
        assert (refused.value.rule, refused.value.problem.status) == ("not-your-customer", 403)
        bank.upstreams["tiering"].answers["/v1/packages"] = Answer(b"oops", 500, {"content-type": "text/plain"})
        with pytest.raises(Refused) as broken:
            await adviser.get("/v1/packages")
        assert broken.value.rule == "unexpected-answer"
