"""Consents with evidence; a stop is known to the others by event, and never refused (PIPL art. 23, 24, 29)."""

from uuid import UUID

import pytest

from contracts.values import Channel, ConsentPurpose, Role, Scope
from services.outreach.main import SERVICE as OUTREACH
from services.profile.main import SERVICE as PROFILE
from services.profile.rules import consents as rules
from services.profile.rules.consents import Word, check_word
from tests.services.profile.builders import registration
from tests.support.waiting import eventually

APP = frozenset({"app"})


def word(**changes):
    return Word(**{"purpose": ConsentPurpose.SHARING, "channel": None, "granted": True, "source": "app", **changes})


@pytest.mark.parametrize(
    ("changes", "clause", "by_customer", "broken"),
    [
        ({}, "PIPL art. 23", False, rules.ConsentNotSeparate),
        ({"source": "branch_form"}, None, False, rules.EvidenceMissing),
        ({"source": "unrecorded"}, None, False, rules.EvidenceMissing),
        ({"source": "branch_form", "evidence": "F-1"}, None, True, rules.SourceNotYours),
        ({"source": "branch_form", "evidence": "13812345678"}, None, False, rules.EvidenceIdentifies),
        ({"source": "branch_form", "evidence": "110101199003077512"}, None, False, rules.EvidenceIdentifies),
    ],
)
def test_a_consent_without_what_the_law_wants_is_refused_by_its_rule(changes, clause, by_customer, broken):
    with pytest.raises(broken):
        check_word(word(**changes), clause=clause, self_evident=APP, by_customer=by_customer)


@pytest.mark.parametrize("source", ["app", "branch_form", "unrecorded"])
def test_a_refusal_counts_without_evidence_and_without_being_asked_alone(source):
    check_word(word(granted=False, source=source), clause="PIPL art. 29", self_evident=APP, by_customer=False)


def test_a_separate_consent_with_its_form_counts():
    given = word(source="branch_form", evidence="F-2026-001", separate=True)
    check_word(given, clause="PIPL art. 23", self_evident=APP, by_customer=False)


async def test_what_was_said_is_kept_with_source_evidence_and_time(desk):
    customer, _ = await desk.register()
    path = f"/v1/customers/{customer}/consents"
    body = {"purpose": "sensitive_data", "granted": True, "source": "phone_recording", "evidence": "REC-7"}
    assert (await desk.refused("PUT", path, body, scope=Scope.PROFILE_WRITE))[:2] == (422, "consent-not-separate")
    await desk.done("PUT", path, {**body, "separate": True}, scope=Scope.PROFILE_WRITE)
    await desk.done("PUT", path, {"purpose": "sensitive_data", "granted": False}, scope=Scope.PROFILE_WRITE,
                    roles=[Role.CUSTOMER], customer=customer)  # fmt: skip
    history = await desk.done("GET", f"{path}/history", scope=Scope.PROFILE_READ)
    assert [(item["granted"], item["source"], item["evidence"], item["separate"]) for item in history] == [
        (False, "app", None, False),
        (True, "phone_recording", "REC-7", True),
    ]


async def test_one_stop_at_profile_is_known_to_outreach_by_event(running, servers):
    nats = servers.fresh_nats_url()
    async with running(PROFILE, nats_url=nats) as profile, running(OUTREACH, nats_url=nats) as outreach:
        headers = profile.headers(Scope.PROFILE_WRITE)
        made = await profile.client.post("/v1/customers", json=registration(), headers=headers)
        customer = UUID(made.json()["customer_id"])
        body = {"purpose": "marketing", "channel": Channel.SMS, "granted": False}
        answer = await profile.client.put(f"/v1/customers/{customer}/consents", json=body, headers=headers)
        assert answer.status_code == 200, answer.text

        async def heard():
            return await outreach.database.pool.fetchval(
                "SELECT NOT granted FROM consent WHERE customer_id = $1 AND purpose = 'marketing' AND channel = 'sms'", customer
            )

        await eventually(heard)
