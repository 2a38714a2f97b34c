"""Identities: what a record must look like, and what typing does to it."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from services.profile import intake
from services.profile.importing.checking import check
from services.profile.importing.kinds import KINDS
from services.profile.rules.identity import (
    BornInFuture,
    IdentityIncomplete,
    IdentityInconsistent,
    OpenedBeforeBirth,
    check_person,
    luhn_valid,
)
from tests.services.profile.builders import TODAY, customer_row, resident_id

DAYS = st.dates(date(1900, 1, 1), TODAY - timedelta(days=1))


def person(**changes):
    known = {
        "name": "王小明",
        "id_type": "resident_id",
        "id_number": resident_id(),
        "birth_date": date(1990, 3, 7),
        "sex": "m",
        "opened_on": date(2020, 5, 1),
        "today": TODAY,
    }
    return {**known, **changes}


@pytest.mark.parametrize(
    ("changes", "broken", "field"),
    [
        ({"birth_date": TODAY + timedelta(days=1)}, BornInFuture, "birth_date"),
        ({"birth_date": date(1899, 12, 31)}, BornInFuture, "birth_date"),
        ({"opened_on": date(1989, 1, 1)}, OpenedBeforeBirth, "opened_on"),
        ({"opened_on": TODAY + timedelta(days=1)}, OpenedBeforeBirth, "opened_on"),
        ({"name": ""}, IdentityIncomplete, "name"),
        ({"id_number": None}, IdentityIncomplete, "id_number"),
        ({"id_number": resident_id(date(1990, 3, 8))}, IdentityInconsistent, "birth_date"),
        ({"id_number": resident_id(sex="f")}, IdentityInconsistent, "sex"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused_at_its_field(changes, broken, field):
    with pytest.raises(broken) as refusal:
        check_person(**person(**changes))
    assert refusal.value.field == field


def test_a_bank_without_names_may_leave_identity_out():
    check_person(**person(id_type="none", name="", id_number=None))


@given(DAYS, st.sampled_from("fm"), st.integers(0, 499))
def test_a_valid_identity_number_passes_and_any_other_check_digit_does_not(birth_date, sex, number):
    good = resident_id(birth_date, sex=sex, number=number)
    assert intake.id_number("resident_id", f" {good.lower()} ") == good
    for digit in "0123456789X":
        if digit != good[-1]:
            with pytest.raises(intake.IdNumberInvalid):
                intake.id_number("resident_id", good[:-1] + digit)


@settings(deadline=None)
@given(st.builds(resident_id, DAYS, number=st.integers(0, 499)), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_files_and_single_registrations_judge_identity_numbers_alike(good, place, digit):
    number = good[:place] + digit + good[place + 1 :]
    row = customer_row("C1", id_type="resident_id", name="王小明", id_number=number)
    frame = pl.DataFrame([{"line": 1, **row}])
    rules = {problem[2] for problem in check(frame, KINDS["customers"], today=TODAY).problems.iter_rows()}
    refused = bool(rules & {"id-number-check-digit", "id-number-region"})
    if not refused and "identity-inconsistent" in rules:
        return  # the other digits state another day or sex than the row, which a number alone cannot tell
    if refused:
        with pytest.raises(intake.IdNumberInvalid):
            intake.id_number("resident_id", number)
    else:
        assert intake.id_number("resident_id", number) == number


@given(st.text("0123456789", min_size=12, max_size=19))
def test_card_numbers_are_judged_by_their_check_digit(number):
    assert luhn_valid(number) == luhn.is_valid(number)


@pytest.mark.parametrize("number", ["", "1", "622848040256489001٨", "62284804025648900180000"])
def test_what_is_no_card_number_is_refused(number):
    assert not luhn_valid(number)


@pytest.mark.parametrize(("typed", "stored"), [("138 1234 5678", "+8613812345678"), ("+44 20 7946 0018", "+442079460018")])
def test_phones_are_kept_in_international_form(typed, stored):
    assert intake.phone(typed) == stored


@pytest.mark.parametrize("typed", ["12345", "not a phone", "+86 138 1234 567"])
def test_phones_that_cannot_exist_are_refused_without_being_quoted(typed):
    with pytest.raises(intake.PhoneInvalid) as refusal:
        intake.phone(typed)
    assert typed not in str(refusal.value) + refusal.value.fix
