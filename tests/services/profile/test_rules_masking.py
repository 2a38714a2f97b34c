"""Masking (H20)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile.rules.masking import mask_address, mask_card, mask_email, mask_id_number, mask_name, mask_phone

DIGITS = st.text("0123456789", min_size=18, max_size=18)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王**"),
        ("王明", "王*"),
        ("欧阳修", "欧阳*"),
        ("欧阳", "欧*"),
        ("司马相如", "司马**"),
        ("王", "王*"),
        ("Ann Smith", "A*** S***"),
    ],
)
def test_the_given_name_is_hidden(name, masked):
    assert mask_name(name) == masked


@given(DIGITS)
def test_the_last_six_of_an_identity_number_never_show_inside_the_bank(number):
    masked = mask_id_number(number, inside=True)
    assert masked == number[:12] + "******"


@given(DIGITS)
def test_outside_the_bank_only_the_first_and_last_character_show(number):
    masked = mask_id_number(number, inside=False)
    assert (masked[0], masked[-1], set(masked[1:-1]), len(masked)) == (number[0], number[-1], {"*"}, 18)


@given(st.text("ABC123", max_size=6), st.booleans())
def test_short_identity_numbers_are_hidden_whole(number, inside):
    assert set(mask_id_number(number, inside=inside)) <= {"*"}


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("+8613812345678", "138****5678"),
        ("13812345678", "138****5678"),
        ("+861012345678", "101****5678"),
        ("+442079460018", "********0018"),
        ("12345", "********"),
    ],
)
def test_three_and_four_digits_of_a_phone_stay(phone, masked):
    assert mask_phone(phone) == masked


@given(st.text("0123456789", min_size=16, max_size=19))
def test_six_and_four_digits_of_a_card_stay(card):
    assert mask_card(card) == card[:6] + "*" * (len(card) - 10) + card[-4:]


@given(st.text(max_size=30))
def test_no_value_of_an_unusual_form_is_shown_whole(text):
    for mask in (mask_phone, mask_card, mask_email, mask_address):
        assert text.strip("* ") == "" or mask(text) != text


def test_the_first_letter_and_the_domain_of_an_address_stay():
    assert mask_email("wang@example.com") == "w***@example.com"
    assert mask_address("北京市东城区景山前街4号") == "北京市******"
