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
from services.profile.rules.documents import person_number
from services.profile.rules.identity import (
    BornInFuture,
    IdentityIncomplete,
    IdentityInconsistent,
    OpenedBeforeBirth,
    check_person,
    check_resident_id,
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
    if "region-code-unknown" in rules:
        with pytest.raises(intake.RegionUnknown):
            intake.id_number("resident_id", number)
        return
    refused = bool(rules & {"id-number-check-digit", "id-number-invalid"})
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


@pytest.mark.parametrize(
    ("id_type", "number", "stored"),
    [
        ("resident_id", "110101 900307 751", "110101900307751"),
        ("passport", "e12345678", "E12345678"),
        ("hk_macau_permit", "H1234567801", "H1234567801"),
        ("taiwan_permit", "1234567801(B)", "1234567801(B)"),
    ],
)
def test_documents_of_each_kind_are_taken_in_their_own_form(id_type, number, stored):
    assert intake.id_number(id_type, number) == stored


@pytest.mark.parametrize(
    ("id_type", "number", "broken"),
    [
        ("resident_id", "991234199003077512", intake.RegionUnknown),
        ("resident_id", "110101901307751", intake.IdNumberInvalid),
        ("resident_id", "11010190030775", intake.IdNumberInvalid),
        ("passport", "ABCDEF", intake.IdNumberInvalid),
        ("passport", "E1234567890", intake.IdNumberInvalid),
        ("hk_macau_permit", "T12345678", intake.IdNumberInvalid),
        ("taiwan_permit", "123456789", intake.IdNumberInvalid),
        ("none", "E12345678", intake.IdNumberInvalid),
    ],
)
def test_a_number_without_the_form_of_its_document_is_refused_and_not_quoted(id_type, number, broken):
    with pytest.raises(broken) as refusal:
        intake.id_number(id_type, number)
    assert number not in str(refusal.value) + refusal.value.fix
    row = customer_row("C1", id_type=id_type, name="王小明", id_number=number)
    if id_type != "none":
        rules = {
            problem[2]
            for problem in check(pl.DataFrame([{"line": 1, **row}]), KINDS["customers"], today=TODAY).problems.iter_rows()
        }
        assert rules & {broken.rule, "identity-inconsistent"}


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.sampled_from("fm"), st.integers(0, 499))
def test_both_forms_of_a_resident_number_lead_to_one_person(birth_date, sex, number):
    new = resident_id(birth_date, sex=sex, number=number)
    old = new[:6] + new[8:17]
    assert person_number("resident_id", old) == person_number("resident_id", new) == new
    check_resident_id(old, birth_date=birth_date, sex=sex)


def test_a_renewed_permit_leads_to_the_same_person_and_another_one_does_not():
    assert person_number("hk_macau_permit", "H1234567801") == person_number("hk_macau_permit", "H12345678")
    assert person_number("taiwan_permit", "1234567802(B)") == person_number("taiwan_permit", "12345678")
    assert person_number("passport", "E12345678") != person_number("passport", "E12345679")
