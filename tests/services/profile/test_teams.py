"""Access decisions over HTTP, and the case teams that get and lose access through events (H19)."""

from datetime import timedelta

import pytest

from chassis.ids import new_id
from contracts.events.gateway import CaseClosed, TeamAssembled, TeamMember
from contracts.values import Department, Purpose, Role, Scope
from services.profile.main import SERVICE
from tests.services.profile.builders import registration


@pytest.fixture
async def service(running):
    async with running(SERVICE) as service:
        yield service


async def registered(service):
    body = registration(adviser_no="S1")
    answer = await service.client.post("/v1/customers", json=body, headers=service.headers(Scope.PROFILE_WRITE))
    return answer.json()["customer_id"]


async def decision(service, customer, staff_no, role=Role.ADVISER):
    question = {
        "subject": staff_no,
        "roles": [role],
        "staff_no": staff_no,
        "customer_id": customer,
        "purpose": Purpose.SERVICE,
        "scope": Scope.PROFILE_READ,
    }
    headers = service.headers(Scope.ACCESS_DECIDE)
    answer = (await service.client.post("/v1/access/decisions", json=question, headers=headers)).json()
    return answer["allowed"], answer["rule"]


def team(service, case, customer, *staff, version=1, hours=72):
    members = tuple(
        TeamMember(staff_no=number, department=department, lead=place == 0)
        for place, (number, department) in enumerate(zip(staff, Department, strict=False))
    )
    until = service.clock.now() + timedelta(hours=hours)
    return TeamAssembled(case_id=case, customer_id=customer, version=version, members=members, until=until)


async def test_the_adviser_is_allowed_and_others_and_unknown_customers_are_not(service):
    customer = await registered(service)
    assert await decision(service, customer, "S1") == (True, "adviser-of-customer")
    assert await decision(service, customer, "S2") == (False, "not-your-customer")
    assert await decision(service, str(new_id()), "S1") == (False, "customer-unknown")


async def test_a_team_has_access_until_its_time_and_the_next_team_replaces_it(service):
    customer, case = await registered(service), new_id()
    await service.publish(team(service, case, customer, "S2", "S3"), team(service, case, customer, "S3", "S4", version=2))
    await service.settled()
    assert await decision(service, customer, "S2") == (False, "not-your-customer")
    assert await decision(service, customer, "S3", Role.PRODUCT_MANAGER) == (True, "team-of-customer")
    assert await decision(service, customer, "S4") == (True, "team-of-customer")
    service.clock.advance(timedelta(hours=73))
    assert await decision(service, customer, "S4") == (False, "not-your-customer")


async def test_closing_a_case_ends_the_teams_access_even_when_it_is_told_first(service):
    customer, case, late = await registered(service), new_id(), new_id()
    await service.publish(team(service, case, customer, "S2"))
    await service.settled()
    assert await decision(service, customer, "S2") == (True, "team-of-customer")
    await service.publish(
        CaseClosed(case_id=case, customer_id=customer, outcome="done"),
        CaseClosed(case_id=late, customer_id=customer, outcome="done"),
    )
    await service.settled()
    await service.publish(team(service, late, customer, "S5"))
    await service.settled()
    assert await decision(service, customer, "S2") == (False, "not-your-customer")
    assert await decision(service, customer, "S5") == (False, "not-your-customer")
