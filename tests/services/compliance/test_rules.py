import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values import CursorForeign
from services.compliance.retention.policy import retention
from services.compliance.rules import (
    NoSuchWindow,
    canonical_json,
    check_window,
    enter,
    entry_body,
    instant,
    leaf_hash,
    place_key,
    place_of,
    searchable,
)
from tests.services.compliance.builders import NOON, act

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # bounds are naive


def test_keys_stand_in_the_order_of_the_example_of_rfc_8785():
    example = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(canonical_json(example)).values()) == [2, 4, 6, 7, 1, 5, 3]


def test_strings_are_escaped_as_rfc_8785_says():
    spelled = canonical_json({"text": "\u20ac$\u000f\nA'B\"\\/\x7f"})
    assert spelled == '{"text":"€$\\u000f\\nA\'B\\"\\\\/\x7f"}'.encode()


def test_an_integer_that_a_double_cannot_hold_travels_as_a_string():
    assert canonical_json([2**53 - 1, 2**53]) == b'[9007199254740991,"9007199254740992"]'


def test_a_float_has_no_canonical_form():
    with pytest.raises(TypeError):
        canonical_json({"share": 0.5})  # type: ignore[dict-item]  # that is the point


@given(values)
def test_canonical_bytes_read_back_to_the_same_value_and_spell_it_the_same_again(value):
    spelled = canonical_json(value)
    assert json.loads(spelled) == value
    assert canonical_json(json.loads(spelled)) == spelled


@given(st.dictionaries(texts, scalars, max_size=6), st.randoms())
def test_the_order_in_which_details_were_written_does_not_matter(details, random):
    shuffled = list(details.items())
    random.shuffle(shuffled)
    assert canonical_json(dict(shuffled)) == canonical_json(details)


def test_the_leaf_hash_of_nothing_is_that_of_rfc_6962():
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@given(st.integers(0, 2**40), st.integers(1, 20))
def test_entries_take_positions_without_holes_in_the_order_of_the_acts(first, count):
    acts = [act() for _ in range(count)]
    entries = enter(acts, first=first, recorded_at=NOON, retention=retention())
    assert [entry.position for entry in entries] == list(range(first, first + count))
    assert [entry.act for entry in entries] == acts


@given(st.data(), st.integers(0, 2**53 - 1))
def test_an_entry_is_spelled_as_its_body_is(data, position):
    codes = {name: data.draw(texts) for name in ("service", "actor", "act", "purpose", "outcome")}
    optional = {name: data.draw(st.none() | texts) for name in ("rule", "request_id")}
    done = act(
        **codes,
        **optional,
        roles=tuple(data.draw(st.lists(texts, max_size=3))),
        details=data.draw(st.dictionaries(texts, st.integers() | texts, max_size=3)),
        customer_id=data.draw(st.none() | st.uuids()),
        occurred_at=data.draw(moments),
    )
    recorded_at = data.draw(moments)
    (entry,) = enter([done], first=position, recorded_at=recorded_at, retention=retention())
    assert entry.canonical == canonical_json(entry_body(position, done, recorded_at))


def test_the_canonical_bytes_hold_all_that_the_act_and_its_place_say():
    done = act(roles=("adviser", "auditor"), details={"rows": 3, "by": "code"}, rule="x", outcome="refused")
    (entry,) = enter([done], first=7, recorded_at=NOON + timedelta(seconds=1), retention=retention())
    assert json.loads(entry.canonical) == {
        "format": 1,
        "position": 7,
        "event_id": str(done.event_id),
        "service": "profile",
        "act_id": str(done.act_id),
        "actor": "staff:A100",
        "roles": ["adviser", "auditor"],
        "act": "customer.read",
        "customer_id": str(done.customer_id),
        "purpose": "service",
        "outcome": "refused",
        "rule": "x",
        "request_id": "r-1",
        "details": {"by": "code", "rows": 3},
        "occurred_at": "2026-03-02T04:00:00.000000Z",
        "recorded_at": "2026-03-02T04:00:01.000000Z",
    }
    assert entry.digest == hashlib.sha256(b"\x00" + entry.canonical).digest()


@pytest.mark.parametrize(
    "change",
    [{"actor": "staff:A101"}, {"roles": ()}, {"act": "x"}, {"customer_id": None}, {"details": {"a": 1}}, {"request_id": None}],
)
def test_an_entry_that_differs_anywhere_has_another_hash(change):
    original = act()
    changed = act(**{**{name: getattr(original, name) for name in original.__slots__}, **change})
    digests = {enter([one], first=0, recorded_at=NOON, retention=retention())[0].digest for one in (original, changed)}
    assert len(digests) == 2


def test_the_same_act_at_another_place_has_another_hash():
    moved = act()
    assert (
        enter([moved], first=0, recorded_at=NOON, retention=retention())[0].digest
        != enter([moved], first=1, recorded_at=NOON, retention=retention())[0].digest
    )


def test_a_moment_is_spelled_the_same_in_every_zone():
    assert instant(NOON.astimezone(timezone(timedelta(hours=8)))) == instant(NOON) == "2026-03-02T04:00:00.000000Z"


@given(moments, st.integers(0, 2**63 - 1))
def test_a_cursor_gives_back_the_exact_place(moment, position):
    assert place_of(place_key(moment, position)) == (moment, position)


@pytest.mark.parametrize("key", [(), (1,), ("1", 2), (1, -1), (10**30, 1), (1, 2**63), (1, 2, 3)])
def test_a_cursor_of_another_list_is_refused(key):
    with pytest.raises(CursorForeign):
        place_of(key)


def test_a_window_that_ends_before_it_starts_is_refused():
    check_window(NOON, None)
    check_window(None, NOON)
    check_window(NOON, NOON + timedelta(microseconds=1))
    with pytest.raises(NoSuchWindow):
        check_window(NOON, NOON)


def test_a_nul_does_not_reach_a_text_column():
    assert searchable("a\x00b") == "a\ufffdb"
