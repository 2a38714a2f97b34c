"""Numbers of people and cards: valid, from real regions of their time, each of them once."""

import csv
import os
from datetime import date
from pathlib import Path
from random import Random

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

from steward.sample.identity import MAX_BLOCKS, Numbers, check_digit, resident_number
from steward.sample.regions import FIRST_CODES, REGIONS
from tests.steward.sample.book import Book

SHARED_DATA = Path(os.environ.get("STEWARD_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
AREA_CODES = SHARED_DATA / "areacodes.csv"


def test_the_check_digit_is_the_one_of_the_standards_own_example() -> None:
    assert check_digit("11010519491231002") == "X"


@given(
    region=st.sampled_from(REGIONS),
    birth=st.dates(date(1930, 1, 1), date(2026, 1, 1)),
    sequence=st.integers(0, 499),
    sex=st.sampled_from("fm"),
)
def test_resident_numbers_tell_birth_and_sex_and_pass_the_public_check(region, birth, sequence, sex) -> None:
    assume(region.fits(birth.year))
    number = resident_number(region, birth, sequence, sex)
    assert ric.validate(number) == number
    assert ric.get_birth_date(number) == birth
    assert (int(number[16]) % 2 == 1) == (sex == "m")


@pytest.mark.skipif(not AREA_CODES.exists(), reason="the public list of area codes is not here (set STEWARD_SHARED_DATA)")
@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.code)
def test_a_region_code_was_in_use_in_every_year_for_which_it_is_given_out(region) -> None:
    with AREA_CODES.open(encoding="utf-8-sig") as file:
        spans = [
            (int(row["启用时间"]), int(row["变更/弃用时间"] or 9999))
            for row in csv.DictReader(file)
            if row["代码"] == region.code
        ]
    first, last = max(region.since, FIRST_CODES), min(region.until, 2027)
    for year in range(first, last):
        assert any(since <= year < until for since, until in spans), (region, year)


def test_people_born_before_the_first_codes_get_codes_of_that_year() -> None:
    for region in Numbers(seed=1, block=0).regions(1931):
        assert region.since <= FIRST_CODES < region.until


def test_no_two_blocks_can_give_out_the_same_resident_number() -> None:
    birth, seen = date(1999, 5, 17), set()
    for block in range(MAX_BLOCKS):
        numbers, rng = Numbers(seed=3, block=block), Random(block)
        while (number := numbers.resident(rng, birth=birth, sex="f", home=None)) is not None:
            assert number not in seen
            seen.add(number)
    assert len(seen) > MAX_BLOCKS * 10


def test_phones_are_mobile_numbers_of_china_and_differ() -> None:
    numbers, rng = Numbers(seed=1, block=0), Random(1)
    phones = [numbers.phone(rng, customer) for customer in range(1, 3_000)]
    assert len({phone[-8:] for phone in phones}) == len(phones)
    for phone in phones:
        parsed = phonenumbers.parse(phone, "CN")
        assert phonenumbers.is_valid_number(parsed), phone
        assert phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE


def test_cards_have_unionpays_prefix_and_a_luhn_digit() -> None:
    numbers = Numbers(seed=1, block=0)
    cards = {numbers.card(customer, nth) for customer in range(1, 2_000) for nth in (1, 2)}
    assert len(cards) == 2 * 1_999
    assert all(luhn.is_valid(card) and card.startswith("62") and len(card) == 19 for card in cards)


def test_everybody_in_the_bank_has_a_valid_number_of_their_own(book: Book) -> None:
    people = book["customers"]
    residents = people.filter(id_type="resident_id")
    assert residents.height > people.height * 0.97
    for number, birth, sex in residents.select("id_number", "birth_date", "sex").iter_rows():
        assert ric.is_valid(number)
        assert ric.get_birth_date(number) == birth
        assert (int(number[16]) % 2 == 1) == (sex == "m")
    for column in ("id_number", "phone", "email", "customer_no"):
        values = people[column].drop_nulls()
        assert values.n_unique() == len(values), column
