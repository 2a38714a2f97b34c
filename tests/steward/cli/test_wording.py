"""`steward wording`: texts are judged before they are published (H23, H29)."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from contracts.wording import WordingNotJudged, judgement_of, read_judgement
from services.referral.settings import Settings
from steward.cli import app

GOOD = "您和朋友各获得 5000 积分"


def run(path: Path, text: str):
    path.write_text(f"campaigns:\n  - {{title: {GOOD}, text: {text}}}\n", encoding="utf-8")
    return CliRunner().invoke(app, ["wording", str(path), "--kind", "referral"])


def test_texts_that_pass_get_a_judgement_that_an_edit_ends(tmp_path):
    path = tmp_path / "campaigns.yaml"
    assert run(path, GOOD + "！").exit_code == 0
    read_judgement(path).require([GOOD, GOOD + "！"])
    with pytest.raises(WordingNotJudged, match="text 2"):
        read_judgement(path).require([GOOD, GOOD + "。"])


@pytest.mark.parametrize("text", ["推荐返现 50 元", "返 现", "返佣", "Earn CASH back", "推荐即得佣金"])
def test_a_promise_of_cash_gets_none_and_is_named_by_place(tmp_path, text):
    path = tmp_path / "campaigns.yaml"
    told = run(path, text)
    assert (told.exit_code, judgement_of(path).exists()) == (1, False)
    assert "campaigns.0.text" in told.output


def test_the_packaged_judgement_is_the_one_that_the_command_writes(tmp_path):
    packaged = Settings.model_fields["campaigns"].default
    copy = tmp_path / packaged.name
    copy.write_bytes(packaged.read_bytes())
    assert CliRunner().invoke(app, ["wording", str(copy), "--kind", "referral"]).exit_code == 0
    assert judgement_of(copy).read_text() == judgement_of(packaged).read_text()
