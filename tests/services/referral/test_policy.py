import shutil

import pytest
import yaml
from pydantic import ValidationError

from contracts.wording import WordingNotJudged, judgement_of
from services.referral import actions
from services.referral.actions import PolicyChangedInPlace
from services.referral.policy import read_campaigns
from services.referral.rules.campaigns import CampaignsOverlap
from services.referral.settings import Settings
from services.referral.store import referrals
from tests.services.referral.builders import NOON, campaigns, packaged_campaigns


def written(tmp_path, **changes):
    document = packaged_campaigns().model_dump()
    document["campaigns"] = [{**document["campaigns"][0], **changes}]
    path = tmp_path / "campaigns.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    shutil.copyfile(judgement_of(Settings.model_fields["campaigns"].default), judgement_of(path))
    return path


def test_the_packaged_campaign_gives_both_sides_5000_points():
    (campaign,) = packaged_campaigns().policy().campaigns
    assert campaign.points_each == 5000
    assert campaign.active


@pytest.mark.parametrize("more", [{"cash_fen": 5000}, {"points_each": 0}, {"points_each": 50.5}, {"condition": "paid"}])
def test_a_campaign_can_hold_nothing_but_points_for_registering(tmp_path, more):
    with pytest.raises(ValidationError):
        read_campaigns(written(tmp_path, **more))


@pytest.mark.parametrize("place", ["title", "text"])
def test_a_text_that_compliance_has_not_judged_is_not_published(tmp_path, place):
    with pytest.raises(WordingNotJudged, match="text"):
        read_campaigns(written(tmp_path, **{place: "推荐即返现"}))
    path = written(tmp_path)
    read_campaigns(path)
    judgement_of(path).unlink()
    with pytest.raises(WordingNotJudged):
        read_campaigns(path)


def test_overlapping_campaigns_are_not_published(tmp_path):
    document = packaged_campaigns().model_dump()
    document["campaigns"] *= 2
    path = tmp_path / "campaigns.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    with pytest.raises(CampaignsOverlap):
        read_campaigns(path)


async def test_a_version_is_published_once_and_reads_back_the_same(service_session):
    session = await service_session("referral")
    assert await actions.publish_campaigns(session, document=packaged_campaigns(), now=NOON)
    assert not await actions.publish_campaigns(session, document=packaged_campaigns(), now=NOON)
    assert await referrals.documents(session) == [packaged_campaigns()]
    assert await referrals.policies(session) == [packaged_campaigns().policy()]


async def test_a_published_version_cannot_be_edited(service_session):
    session = await service_session("referral")
    await actions.publish_campaigns(session, document=packaged_campaigns(), now=NOON)
    with pytest.raises(PolicyChangedInPlace):
        await actions.publish_campaigns(session, document=campaigns(points_each=6000), now=NOON)
