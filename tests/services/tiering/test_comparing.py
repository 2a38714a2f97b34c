"""What differs between two versions of a policy, and drafts that end without approval."""

import pytest

from services.tiering import actions
from services.tiering.comparing import differences
from services.tiering.document import parse
from tests.services.tiering.builders import at_once, changed, document, table
from tests.services.tiering.test_actions import ANN, BOB, NOW, TODAY, rows, told


def between(*changes):
    before = document()
    after = changed(lambda made: [change(made) for change in changes])
    return [(one.place, one.kind, one.before, one.after) for one in differences(parse(before), parse(after))]


def test_a_version_differs_from_itself_in_nothing():
    assert between() == []
    assert between(lambda made: made["table"]["nodes"][0]["position"].update(x=7)) == []


def test_a_changed_threshold_setting_and_text_are_named_with_both_values():
    assert between(
        lambda made: table(made)["rules"][0].update(assets="> 60000000"),
        lambda made: made["downgrade"].update(grace_days=60),
        lambda made: made["texts"]["vip.assets"].update(en="Rich"),
    ) == [
        ("downgrade.grace_days", "changed", "30", "60"),
        ("texts.vip.assets.en", "changed", "Average daily financial assets over 90 days are above the VIP threshold", "Rich"),
        ("table.vip.assets.assets_90_fen", "changed", "> 50000000", "> 60000000"),
    ]


def test_a_condition_that_is_new_or_gone_and_rows_that_change_places_are_named():
    def rebuild(made):
        first, second, *rest = table(made)["rules"]
        first.update(growth="> 0")
        second.update(contribution="", assets="> 1")
        table(made)["rules"] = [second, first, *rest]

    assert between(rebuild) == [
        ("table.vip.contribution.contribution_fen", "removed", ">= 1000000", None),
        ("table.vip.contribution.assets_90_fen", "added", None, "> 1"),
        ("table.vip.assets.growth_180_bp", "added", None, "> 0"),
        ("table.row 1", "moved", "vip.assets", "vip.contribution"),
        ("table.row 2", "moved", "vip.contribution", "vip.assets"),
    ]


def test_taking_the_grace_out_is_a_difference():
    assert [one[0] for one in between(at_once)] == ["downgrade.grace_days", "downgrade.max_steps"]


@pytest.fixture
async def session(service_session):
    session = await service_session("tiering")
    await actions.seed_policies(session, now=NOW)
    return session


async def draft(session):
    return await actions.draft_policy(session, caller=ANN, document=document(), effective_from=TODAY, now=NOW, today=TODAY)


async def test_a_draft_is_rejected_by_another_person_with_the_reason_and_is_then_closed(session):
    version = await draft(session)
    with pytest.raises(actions.PolicyApproverDrafted):
        await actions.reject_policy(session, caller=ANN, version=version, because="no", now=NOW)
    await actions.reject_policy(session, caller=BOB, version=version, because="not agreed", now=NOW)
    (row,) = await rows(session, "SELECT status, closed_by, closed_because FROM policy WHERE version = $1", version)
    assert row == {"status": "rejected", "closed_by": "bob", "closed_because": "not agreed"}
    with pytest.raises(actions.PolicyIsClosed):
        await actions.approve_policy(session, caller=BOB, version=version, now=NOW, today=TODAY)
    assert "policy.rejected" in {act["act"] for act in await told(session, "tiering.audit.recorded.v1")}


async def test_a_draft_is_withdrawn_by_its_author_alone(session):
    version = await draft(session)
    with pytest.raises(actions.PolicyOfSomebodyElse):
        await actions.withdraw_policy(session, caller=BOB, version=version, now=NOW)
    await actions.withdraw_policy(session, caller=ANN, version=version, now=NOW)
    (row,) = await rows(session, "SELECT status, closed_by FROM policy WHERE version = $1", version)
    assert row == {"status": "withdrawn", "closed_by": "ann"}
    with pytest.raises(actions.PolicyIsPublished):
        await actions.withdraw_policy(session, caller=ANN, version=1, now=NOW)


async def test_versions_are_compared_by_number(session):
    found = await actions.compare_policies(session, version=2, against=1)
    assert ("currency", "CNY", "CZK") in {(one.place, one.before, one.after) for one in found}
    with pytest.raises(actions.PolicyUnknown):
        await actions.compare_policies(session, version=1, against=9)
