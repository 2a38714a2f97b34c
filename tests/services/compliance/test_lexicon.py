"""The lexicon as data: what is checked when it is read."""

from importlib.resources import files

import pytest
import yaml
from pydantic import ValidationError

from services.compliance.scanning.lexicon import ExampleJudgedWrongly, parse, shipped, spelled_out
from services.compliance.scanning.rules.values import Grammar

FOLDER = files("services.compliance").joinpath("policies", "wording")
LEXICON = FOLDER.joinpath("lexicon.yaml").read_text(encoding="utf-8")
TRADITIONAL = FOLDER.joinpath("traditional.json").read_text(encoding="utf-8")


def parsed(change):
    document = yaml.safe_load(LEXICON)
    change(document)
    return parse(yaml.safe_dump(document, allow_unicode=True), traditional=TRADITIONAL)


def wording(document, rule):
    return next(one for one in document["wordings"] if one["rule"] == rule)


def test_the_packaged_lexicon_agrees_with_its_own_examples():
    scanner = parsed(lambda document: None)
    assert {one.rule for one in scanner.lexicon.wordings} >= {"principal-promised", "cash-back-promised"}


def test_an_example_that_would_pass_and_should_fail_refuses_the_lexicon():
    with pytest.raises(ExampleJudgedWrongly, match="principal-promised: fails 0"):
        parsed(lambda document: wording(document, "principal-promised")["fails"].insert(0, "您好"))


def test_an_example_that_would_fail_and_should_pass_refuses_the_lexicon():
    with pytest.raises(ExampleJudgedWrongly, match="commission-promised: passes 0"):
        parsed(lambda document: wording(document, "commission-promised")["passes"].insert(0, "返佣"))


def test_an_example_must_fail_by_the_rule_that_it_stands_under():
    with pytest.raises(ExampleJudgedWrongly, match="superlative-used: fails 0"):
        parsed(lambda document: wording(document, "superlative-used")["fails"].insert(0, "保本保息"))


def test_losing_a_word_of_the_grammar_is_noticed_by_the_examples():
    def without_prohibitions(document):
        document["grammar"]["prohibitions"] = ["切忌"]

    with pytest.raises(ExampleJudgedWrongly, match="principal-promised: passes"):
        parsed(without_prohibitions)


def test_a_field_that_nobody_declared_is_an_error():
    with pytest.raises(ValidationError):
        parsed(lambda document: wording(document, "no-risk-claimed").update(exempt=["VIP"]))


def test_wording_without_a_clause_is_an_error():
    with pytest.raises(ValidationError):
        parsed(lambda document: wording(document, "no-risk-claimed").pop("clause"))


def test_alternatives_are_spelled_out():
    assert spelled_out(["(保|包)本(息|)", "稳赚"]) == {"保本息", "保本", "包本息", "包本", "稳赚"}


@pytest.mark.parametrize("pattern", ["(保|包本", "保)本", "", "(|)", "((保|包)本)息"])
def test_a_phrase_that_is_empty_or_has_a_lone_bracket_is_an_error(pattern):
    with pytest.raises(ValueError, match="bracket"):
        spelled_out([pattern])


def test_no_word_is_in_two_groups_that_read_it_differently():
    grammar: Grammar = shipped().lexicon.grammar
    before = [grammar.negators, grammar.prohibitions, grammar.carriers, grammar.fillers, grammar.connectors, grammar.stoppers]
    words = [word for group in before for word in group]
    assert sorted({word for word in words if words.count(word) > 1}) == []
    assert grammar.denials.isdisjoint(grammar.trailers)
