from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.compliance.retention.policy import RetentionDocument
from services.compliance.retention.rules import years_after

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # bounds are naive


def document(**classes):
    basis = {"years": 10, "clause": "c"}
    given = {"other": {"title": "t", "acts": [""], "bases": [basis]}, **classes}
    return {"version": 1, "least_years": 10, "prune_every_days": 365, "classes": given}


def test_of_several_classes_and_of_several_bases_the_longest_wins():
    bases = [{"years": 3, "clause": "a"}, {"years": 30, "clause": "b"}]
    narrow = {"title": "t", "acts": ["sale.read"], "bases": [{"years": 10, "clause": "c"}]}
    policy = RetentionDocument.model_validate(
        document(sale={"title": "t", "acts": ["sale"], "bases": bases}, looking=narrow)
    ).policy()
    assert (policy.class_of("sale.read").name, policy.class_of("sale.read").years) == ("sale", 30)


@pytest.mark.parametrize(
    "wrong",
    [
        document(short={"title": "t", "acts": ["x"], "bases": [{"years": 9, "clause": "c"}]}),
        document(other={"title": "t", "acts": ["x"], "bases": [{"years": 10, "clause": "c"}]}),
        document(odd={"title": "t", "acts": ["x"], "bases": [{"years": 10, "clause": "c", "days": 1}]}),
    ],
    ids=["below the least", "no class for the rest", "an unknown word"],
)
def test_a_policy_that_is_too_short_or_leaves_acts_out_is_refused(wrong):
    with pytest.raises(ValidationError):
        RetentionDocument.model_validate(wrong)


@given(MOMENTS, st.integers(1, 30))
def test_years_later_is_the_same_day_and_never_earlier(moment, years):
    later = years_after(moment, years)
    assert later.year == moment.year + years
    assert (later.month, later.day) in {(moment.month, moment.day), (3, 1)}
    assert later.timetz() == moment.timetz()


def test_a_29_february_is_kept_until_1_march():
    assert years_after(datetime(2024, 2, 29, 8, tzinfo=UTC), 10) == datetime(2034, 3, 1, 8, tzinfo=UTC)
