"""The scanner with its packaged lexicon (H23, H29)."""

import itertools
import random
import threading
from importlib.resources import files

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.values import ProductClass
from services.compliance.scanning.lexicon import shipped
from services.compliance.scanning.rules.scanner import MOST_HITS
from services.compliance.scanning.rules.values import ContentKind

PROMISES = [
    "保本保息",
    "本产品保本保息",
    "承诺最低收益",
    "稳赚不赔",
    "零风险",
    "没有任何风险",
    "推荐好友返现",
    "推荐佣金",
    "国家级理财",
    "没有不保本的产品",
    "不得不承诺保本保息",
    "并非不保本",
    "不仅保本",
    "保本保息不是骗局",
]
REFUSALS = [
    "不保本",
    "不承诺保本保息",
    "本产品不保本不保息",
    "并非零风险",
    "没有稳赚不赔的投资",
    "禁止承诺保本保息",
    "任何人不得以任何形式承诺保本保息",
    "警惕保本保息骗局",
    "保本保息均属违规",
    "严禁返现",
    "不返现",
    "积分不可兑换现金",
    "为了环保本行减少用纸",
    "请确保本人到场",
]
SEPARATORS = [*" \t\u3000\u200b\u00a0\u2060·.-*_~+=#|•★😀𠀀\ufe0f17aZé", "\n", "＊", "…", "（", "”"]
SCANNER = shipped()
NEUTRAL = "今天天气晴朗请您注意查收通知账户余额变动网点营业时间"


def rules_of(text, **about):
    return [finding.rule for finding in SCANNER.scan(text, **about).findings]


@given(st.sampled_from(PROMISES + REFUSALS), st.data())
def test_separators_between_the_characters_never_change_the_verdict(text, data):
    gaps = data.draw(st.lists(st.text(st.sampled_from(SEPARATORS), max_size=6), min_size=len(text) - 1, max_size=len(text) - 1))
    assume(not any("\n\n" in gap.replace(" ", "") for gap in gaps))
    torn = "".join(itertools.chain(*itertools.zip_longest(text, gaps, fillvalue="")))
    assert rules_of(torn) == rules_of(text)
    assert bool(rules_of(text)) == (text in PROMISES)


@given(st.sampled_from(PROMISES), st.text(max_size=30), st.text(max_size=30))
def test_a_finding_lies_where_its_phrase_stands_in_the_text_as_it_came(phrase, before, after):
    whole = f"{before}。{phrase}。{after}"
    start = len(before) + 1
    alone = SCANNER.scan(phrase).findings
    there = SCANNER.scan(whole).findings
    assert {(one.rule, one.start + start, one.end + start) for one in alone} <= {(one.rule, one.start, one.end) for one in there}


@given(st.sampled_from(PROMISES + REFUSALS), st.text(st.sampled_from(NEUTRAL), max_size=40), st.data())
def test_neutral_sentences_around_never_change_the_verdict(text, neutral, data):
    stop = data.draw(st.sampled_from("。！？；"))
    assert rules_of(f"{neutral}{stop}{text}{stop}{neutral}") == rules_of(text)


@given(st.text(max_size=200))
def test_any_text_is_judged_and_every_place_is_within_it(text):
    verdict = SCANNER.scan(text)
    assert all(0 <= one.start < one.end <= len(text) for one in verdict.findings)


@pytest.mark.parametrize("number", range(6))
def test_each_negation_turns_once(number):
    turned = "并非" * number + "保本"
    assert bool(rules_of(turned)) == (number % 2 == 0), turned


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("本产品保本保息", "保本保息"),
        ("😀😀保 本𠀀保-息。", "保 本𠀀保-息"),
        ("本產品保證本金安全！", "保證本金安全"),
        ("ＮＯ　ＲＩＳＫ here", "ＮＯ　ＲＩＳＫ"),
        ("利率③％，０１２ 零\u200b風險", "零\u200b風險"),
        ("饱1本2饱3息", "饱1本2饱3息"),
        ("😀𝟎风·险", "𝟎风·险"),
        ("😀no 𝐫𝐢𝐬𝐤", "no 𝐫𝐢𝐬𝐤"),
    ],
)
def test_the_place_covers_what_was_written(text, place):
    (finding,) = SCANNER.scan(text).findings
    assert text[finding.start : finding.end] == place


def test_a_homophone_counts_in_a_long_phrase_and_not_in_a_short_one():
    assert rules_of("饱本饱息") == ["principal-promised"]
    assert rules_of("吃饱本来就好") == []


def test_a_phrase_torn_by_one_sentence_end_is_none_and_one_written_with_stops_throughout_is():
    assert rules_of("请妥善自保。本行提醒您") == []
    assert rules_of("保。本。保。息") == ["principal-promised"]


def test_a_refusal_ends_with_its_clause():
    assert rules_of("不承诺保本，保证收益") == ["return-promised"]
    assert rules_of("不，保本保息") == ["principal-promised"]


def test_a_refusal_reaches_over_an_enumeration_when_its_verb_does():
    assert rules_of("不承诺保本、稳赚不赔或零风险") == []
    assert rules_of("不保本、稳赚不赔") == ["return-promised"]


def test_overlapping_phrases_are_one_finding():
    (finding,) = SCANNER.scan("保本保息").findings
    assert (finding.phrase, finding.start, finding.end) == ("保本保息", 0, 4)


def test_a_finding_names_its_clause_and_what_to_write_instead():
    (finding,) = SCANNER.scan("保本保息").findings
    assert "广告法第二十五条" in finding.advice.clause
    assert "第十三条" in finding.advice.clause
    assert finding.advice.suggestion["zh"]


def test_risk_wording_is_asked_of_proposals_and_of_texts_about_investments():
    missing = ["risk-warning-missing"]
    assert rules_of("您好", kind=ContentKind.PROPOSAL) == missing
    assert rules_of("您好", kind=ContentKind.PROPOSAL, product_class=ProductClass.TERM) == []
    assert rules_of("您好", kind=ContentKind.TEMPLATE, product_class=ProductClass.FUND) == missing
    assert rules_of("您好", kind=ContentKind.TEMPLATE) == []
    assert rules_of("产品有风险，投资须谨慎", kind=ContentKind.PROPOSAL) == []
    assert rules_of("没有产品有风险", kind=ContentKind.PROPOSAL) == missing


def test_a_text_with_too_many_places_to_judge_does_not_pass_although_each_is_refused():
    few = SCANNER.scan("不保本。" * 10)
    many = SCANNER.scan("不保本。" * (MOST_HITS + 1))
    assert (few.passes, few.complete) == (True, True)
    assert (many.passes, many.complete, many.findings) == (False, False, ())


def test_threads_share_a_scanner():
    texts = [random.Random(seed).choice(PROMISES + REFUSALS) + NEUTRAL * 40 for seed in range(200)]
    expected = [rules_of(text) for text in texts]
    answers: dict[int, list[list[str]]] = {}

    def judge(number):
        answers[number] = [rules_of(text) for text in texts]

    threads = [threading.Thread(target=judge, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(answers.values()) == [expected] * 4


def texts_in(value):
    """Every string of a policy."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts_in(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts_in(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("service", ["outreach", "tiering", "referral", "profile"])
def test_the_texts_that_the_suite_ships_pass(service):
    policies = files(f"services.{service}").joinpath("policies").iterdir()
    documents = [yaml.safe_load(policy.read_text(encoding="utf-8")) for policy in policies if policy.name.endswith(".yaml")]
    texts = [text for document in documents for text in texts_in(document)]
    assert texts
    assert [text for text in texts if rules_of(text)] == []
