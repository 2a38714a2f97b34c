import json
from operator import itemgetter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from stdnum import luhn
from stdnum.cn import ric

from services.compliance.masking import Audience, Kind, Masker, find
from services.compliance.masking.masker import NotText, TooDeep
from services.compliance.masking.numbers import is_identity, luhn_valid
from services.compliance.masking.policy import parse_hints, shipped_hints
from tests.services.compliance.masking.labelled import Writer

INSIDE, OUTSIDE, NOBODY = (Masker(audience) for audience in Audience)


@st.composite
def texts(draw):
    """Facts, traps, single characters that matter, and whatever else, in any order."""
    writer = Writer(draw(st.integers(0, 10**6)))
    parts = draw(
        st.lists(st.one_of(st.text(max_size=6), st.text("0123456789 -.*@X路号:姓名王证", max_size=12), st.integers(0, 1)))
    )
    made = [part if isinstance(part, str) else (writer.trap() if part else "".join(writer.fact()[1:])) for part in parts]
    return draw(st.sampled_from(("", " ", "-", "，"))).join(made)


masks = st.sampled_from((INSIDE, OUTSIDE, NOBODY))

FORMS = [
    ("身份证110101 19900307 7512", "身份证110101199003******", "身份证1****************2"),
    ("+86 138-1234-5678", "+86 138****5678", "+86 138****5678"),
    ("卡６２２２０２１２３４５６７８９０１２８", "卡622202*********0128", "卡***************0128"),
    ("wang.wei@example.com", "w***@example.com", "***@example.com"),
    ("京A12345", "京A***45", "京A*****"),
    ("寄到浙江省杭州市西湖区文三路90号3幢", "寄到浙江省杭州市西湖区******", "寄到浙江省杭州市西湖区******"),
    ("户名：欧阳建国", "户名：欧阳**", "户名：欧阳**"),
    ("护照E12345678", "护照E*****678", "护照E*******8"),
]


@pytest.mark.parametrize(("text", "inside", "outside"), FORMS)
def test_each_kind_has_the_form_of_its_audience(text, inside, outside):
    assert (INSIDE.text(text)[0], OUTSIDE.text(text)[0]) == (inside, outside)


@settings(max_examples=400, deadline=None)
@given(texts(), masks)
def test_masking_what_is_masked_changes_nothing(text, masker):
    once, _ = masker.text(text)
    assert masker.text(once) == (once, [])


def card_ending(tail: str) -> str:
    return next(number for body in range(100) if luhn_valid(number := f"6222021234{body:02d}{tail}"))


@pytest.mark.parametrize(
    "text",
    [
        f"{card_ending('1381')} 2345 678",  # what is left of the card and its neighbours would make a phone
        "1381 2345 13812345678",
        "台胞证110101199003077512",
        "护照13812345678 E12345678",
        "姓名：欧阳建国",
    ],
)
@pytest.mark.parametrize("masker", [INSIDE, OUTSIDE])
def test_what_is_left_of_a_number_makes_no_other_number(text, masker):
    once, found = masker.text(text)
    assert found
    assert masker.text(once) == (once, [])


def test_emphasis_hides_nothing_from_the_detector():
    text = "**138 1234 5678** *110101 19900307 7512* 护照**E12345678** **姓名：王小明**"
    assert INSIDE.text(text)[0] == "**138****5678** *110101199003******* 护照**E*****678** **姓名：王****"


@settings(max_examples=200, deadline=None)
@given(texts())
def test_offsets_point_at_what_was_found_and_only_that_is_changed(text):
    found = find(text)
    kept = [
        text[start:end]
        for start, end in zip([0, *map(itemgetter(2), found)], [*map(itemgetter(1), found), len(text)], strict=True)
    ]
    place = 0
    masked, _ = INSIDE.text(text)
    for part in kept:
        place = masked.index(part, place) + len(part)
    for kind, start, end, _ in found:
        assert 0 <= start < end <= len(text)
        digits = "".join(str(int(char)) for char in text[start:end] if char.isdecimal())
        if kind is Kind.CARD:
            assert luhn.is_valid(digits)
        if kind is Kind.PHONE:
            assert len(digits) in (11, 12)


@given(st.integers(0, 10**6), masks)
def test_no_valid_number_is_left_of_what_was_masked(seed, masker):
    writer = Writer(seed)
    for value in (writer.identity(), writer.card(), writer.phone()):
        masked, found = masker.text(f"号码{value}。")
        assert len(found) == 1
        assert value not in masked
        assert "*" * 3 in masked


@given(st.text("0123456789", min_size=17, max_size=17), st.sampled_from("0123456789X"))
def test_identity_numbers_are_those_that_another_library_accepts(body, check):
    number = "110101" + "1990" + body[:7] + check
    if is_identity(number):
        assert ric.is_valid(number)
        assert not any(is_identity(number[:17] + other) for other in "0123456789X" if other != check)


@given(st.text("0123456789", min_size=13, max_size=19))
def test_the_card_check_is_luhns(digits):
    assert luhn_valid(digits) == luhn.is_valid(digits)


def test_json_is_masked_in_place_with_pointers():
    value = {
        "a/b": ["电话13812345678", 13812345678, 1.5, None, True, {"姓名": "王小明", "product": "王牌理财"}],
        "m~n": {"address": "浙江省杭州市西湖区文三路", "passport_no": "E12345678", "name": "稳健一号", "text": "E12345678"},
    }
    masked, found = INSIDE.json(value)
    assert masked == {
        "a/b": ["电话138****5678", 13812345678, 1.5, None, True, {"姓名": "王**", "product": "王牌理财"}],
        "m~n": {"address": "浙江省杭州市西湖区******", "passport_no": "E*****678", "name": "稳健一号", "text": "E12345678"},
    }
    assert list(masked) == list(value)
    assert [(one.pointer, one.finding.kind, one.finding.start) for one in found] == [
        ("/a~1b/0", Kind.PHONE, 2),
        ("/a~1b/5/姓名", Kind.NAME, 0),
        ("/m~0n/address", Kind.ADDRESS, 0),
        ("/m~0n/passport_no", Kind.PASSPORT, 0),
    ]
    assert INSIDE.json(masked) == (masked, [])


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts()),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(("name", "address", "x")), inner)),
        max_leaves=8,
    )
)
@settings(max_examples=100, deadline=None)
def test_json_keeps_its_shape_and_masks_once(value):
    masked, _ = OUTSIDE.json(value)
    assert OUTSIDE.json(masked) == (masked, [])
    assert shape(masked) == shape(value)
    json.dumps(masked)


def shape(value):
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return str if isinstance(value, str) else (type(value), value)


def test_json_without_a_bottom_or_that_is_no_json_is_refused():
    deep = "x"
    for _ in range(101):
        deep = [deep]
    with pytest.raises(TooDeep):
        INSIDE.json(deep)
    INSIDE.json(deep[0])
    for value in ("\ud800", {"\ud800": 1}, float("inf"), float("nan")):
        with pytest.raises(NotText):
            INSIDE.json(value)


@pytest.mark.parametrize(
    "change",
    [
        {"members": {"name": ["who"], "address": ["who"]}},
        {"documents": {"card": ["卡"]}},
        {"spoken_of": []},
        {"confidence_bp": {"identity": 10_001}},
        {"confidences": {}},
    ],
)
def test_hints_that_say_two_things_or_nothing_are_an_error(change):
    known = shipped_hints().model_dump(mode="json")
    assert parse_hints(json.dumps(known)) == shipped_hints()
    with pytest.raises(ValidationError):
        parse_hints(json.dumps({**known, **change}))
