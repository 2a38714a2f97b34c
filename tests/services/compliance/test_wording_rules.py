"""The parts of the scanner alone: folding, matching, negation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.compliance.scanning.lexicon import shipped
from services.compliance.scanning.rules.folding import Folding
from services.compliance.scanning.rules.matching import Matcher
from services.compliance.scanning.rules.negation import PAUSE, STOP, Negation
from services.compliance.scanning.rules.places import WIDEST_GAP
from services.compliance.scanning.rules.values import Grammar, Spelling

SPELLING = Spelling(traditional={"風": "风", "險": "险"}, lookalikes={"○": "0"}, homophones={"疯": "风"}, homophones_from=3)
FOLDING = Folding(SPELLING)
GRAMMAR = Grammar(
    negators=frozenset({"不", "没有"}),
    prohibitions=frozenset({"禁止"}),
    carriers=frozenset({"承诺"}),
    fillers=frozenset({"任何"}),
    connectors=frozenset({"和"}),
    stoppers=frozenset({"不仅"}),
    trailers=frozenset({"的", "都是"}),
    denials=frozenset({"骗局"}),
)
NEGATION = Negation(GRAMMAR)

# bytes of these repeat in halves, so that a search over bytes alone finds them between characters too
HALVES = "乎乏一三\u4e00\u004e\u4e4e"


@given(st.lists(st.text(st.sampled_from(HALVES), min_size=1, max_size=3), min_size=1, max_size=5, unique=True), st.data())
def test_the_matcher_finds_what_a_search_character_by_character_finds(phrases, data):
    text = data.draw(st.text(st.sampled_from(HALVES), max_size=20))
    expected = {
        (first, first + len(phrase), number)
        for number, phrase in enumerate(phrases)
        for first in range(len(text))
        if text.startswith(phrase, first)
    }
    units = np.frombuffer(text.encode("utf-16-le"), np.uint16)
    hits = Matcher(phrases).hits(units, most=1_000)
    assert {(hit.first, hit.end, hit.phrase) for hit in hits} == expected
    assert len(hits) == len(expected)


def test_the_matcher_stops_one_beyond_the_most_that_are_asked_for():
    units = np.frombuffer(("风" * 50).encode("utf-16-le"), np.uint16)
    assert len(Matcher(["风"]).hits(units, most=10)) == 11
    assert len(Matcher(["风"]).hits(units, most=50)) == 50


def test_a_matcher_without_phrases_finds_nothing():
    assert Matcher([]).hits(np.frombuffer("风".encode("utf-16-le"), np.uint16), most=1) == []


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("零風險", "零风险"),
        ("零疯险", "零风险"),
        ("ＮＯ　Ｒｉｓｋ！", "norisk"),
        ("○风 险", "0风险"),
        ("〇·风\u200b险", "零风险"),
        ("③⒈㈠½", "31一"),
        ("⾵", "风"),
        ("𠀀😀", ""),
        ("𝟎风😀险", "0风险"),
    ],
)
def test_spellings_become_one(written, folded):
    assert FOLDING.word(written) == folded


def test_homophones_are_kept_apart_where_it_is_asked_what_was_written():
    assert FOLDING.written("零疯險") == "零疯险"


@given(st.text(max_size=60))
def test_every_folded_character_leads_back_to_the_character_that_it_comes_from(text):
    view = FOLDING.of(text).full_view()
    for place in range(len(view.index)):
        start, end = view.span(place, place + 1)
        assert end == start + 1
        assert FOLDING.written(text[start]) == view.written(place, place + 1)


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text):
    once = FOLDING.word(text)
    assert FOLDING.word(once) == once


@pytest.mark.parametrize(
    ("before", "turns", "reaches", "length"),
    [
        ("不", 1, False, 1),
        ("你不承诺任何", 1, True, 5),
        ("没有不", 2, False, 3),
        ("禁止", 1, True, 2),
        ("不仅", 0, False, 0),
        ("不" + PAUSE, 0, False, 0),
        ("不" + STOP + "承诺", 0, True, 2),
        ("不用担心", 0, False, 0),
        ("", 0, False, 0),
    ],
)
def test_a_chain_is_read_back_to_the_first_word_that_is_not_known(before, turns, reaches, length):
    chain = NEGATION.chain(before)
    assert (chain.turns, chain.reaches, chain.length) == (turns, reaches, length)


@given(st.lists(st.sampled_from(["不", "没有", "承诺", "任何", "禁止"]), max_size=8))
def test_a_chain_turns_once_for_each_word_that_turns(words):
    turning = sum(word in ("不", "没有", "禁止") for word in words)
    assert NEGATION.chain("好" + "".join(words)).turns == turning


@pytest.mark.parametrize(
    ("after", "denied"),
    [
        ("的都是骗局", True),
        ("的" + PAUSE + "都是骗局", True),
        (PAUSE + "都是骗局", False),
        ("的" + STOP + "都是骗局", False),
        ("的都是不骗局", False),
        ("很好骗局", False),
        ("的", False),
        ("", False),
    ],
)
def test_a_phrase_is_denied_by_the_known_words_behind_it(after, denied):
    assert NEGATION.denied(after) is denied


def test_the_quick_looks_never_rule_out_what_the_full_look_would_find():
    grammar = shipped().lexicon.grammar
    negation = Negation(grammar)
    assert all(negation.may_follow(word[-1]) for word in grammar.negators | grammar.prohibitions | grammar.carriers)
    assert all(negation.may_precede(word[0]) for word in grammar.denials | grammar.trailers)


@pytest.mark.parametrize(("gap", "found"), [("x" * WIDEST_GAP, True), ("x" * (WIDEST_GAP + 1), False), (" " * 200, True)])
def test_a_gap_may_be_as_wide_as_it_likes_when_nothing_is_seen_in_it(gap, found):
    assert bool(shipped().scan(f"保本{gap}保息").findings) is True
    assert any(one.phrase == "保本保息" for one in shipped().scan(f"保本{gap}保息").findings) is found


def test_neither_a_phrase_nor_a_chain_reaches_over_gaps_that_are_too_wide():
    wide, narrow = "x" * (WIDEST_GAP + 1), "x" * WIDEST_GAP
    assert shipped().scan(wide.join("保本保息")).passes
    assert not shipped().scan(narrow.join("保本保息")).passes
    assert shipped().scan(f"不{narrow}保本").passes
    assert not shipped().scan(f"不{wide}保本").passes
