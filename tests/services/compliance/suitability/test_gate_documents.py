import copy

import pytest

from services.compliance.documents.kinds import KINDS, DocumentMalformed
from services.compliance.suitability.rules.gate import CODES


def changed(kind, path, value):
    document = copy.deepcopy(KINDS.shipped(kind))
    *way, last = path.split("/")
    place = document
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    if value is None:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return document


@pytest.mark.parametrize(
    ("kind", "path", "value", "field"),
    [
        ("gate", "rules/recording", None, "document.rules"),
        ("gate", "rules/recording/clause", None, "document.rules.recording.clause"),
        ("gate", "outside", ["demand", "fund"], "document.outside"),
        ("gate", "assessment/valid_months", 13, "document.assessment.valid_months"),
        ("gate", "assessment/most_per_day", 3, "document.assessment.most_per_day"),
        ("gate", "assessment/most_per_period", 9, "document.assessment.most_per_period"),
        ("gate", "assessment/period_months", 6, "document.assessment.period_months"),
        ("gate", "older/from_age", 70, "document.older.from_age"),
        ("gate", "notices/fund", None, "document.notices"),
        ("gate", "notices/fund", ["insurance.declaration"], "document.notices.fund"),
        ("gate", "surprise", 1, "document.surprise"),
        ("questionnaire", "levels/C3", None, "document.levels"),
        ("questionnaire", "levels/C3", 42, "document.levels"),
        ("questionnaire", "levels/C5", 99, "document.levels"),
        ("questionnaire", "questions/0/topic", "weather", "document.questions"),
        ("questionnaire", "questions/0/options", [], "document.questions.age.options"),
        ("questionnaire", "questions/1/code", "age", "document.questions"),
    ],
)
def test_a_document_laxer_than_the_law_or_with_a_hole_is_refused_with_its_place(kind, path, value, field):
    with pytest.raises(DocumentMalformed) as refused:
        KINDS.parse(kind, changed(kind, path, value))
    assert refused.value.field == field


def test_a_policy_has_words_for_each_rule_in_both_languages():
    document = KINDS.shipped("gate")
    assert set(document["rules"]) == CODES
    assert all(set(words) == {"clause", "zh", "en", "fix"} and all(words.values()) for words in document["rules"].values())
