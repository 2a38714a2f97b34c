"""Identity documents (GB 11643; permits of 2012 and 2015): their forms, and the number of the person behind two forms. Pure.

A resident number had 15 digits until 1999, and the digits of a permit grow with each renewal: `person_number` gives what
stays the same, so that both forms of one person meet.
"""

import re
from datetime import date

RESIDENT = "resident_id"
_FORMS = {
    RESIDENT: r"\d{17}[\dX]|\d{15}",
    "passport": r"(?=.*\d)[A-Z0-9]{5,9}",
    "hk_macau_permit": r"[HM]\d{8}(\d{2})?",
    "taiwan_permit": r"\d{8}(\d{2}(\([A-Z]\))?)?",
}
_LASTING = {"hk_macau_permit": 9, "taiwan_permit": 8}
"""Leading characters of a permit's number that a renewal leaves as they are."""

FORMS_IN_WORDS = {
    RESIDENT: "18 characters, the last a digit or X, or the 15 digits of before 1999",
    "passport": "5 to 9 letters and digits (ICAO 9303)",
    "hk_macau_permit": "H or M with 8 digits, or with 10 on a permit of before 2013",
    "taiwan_permit": "8 digits, or 10 on a permit of before 2015",
}
OLD_RESIDENT = 15
_CHECK_DIGITS = "10X98765432"
_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))


def has_form(id_type: str, number: str) -> bool:
    """Whether a number, in upper case and without spaces, has the form of its kind of document."""
    return re.fullmatch(_FORMS[id_type], number, re.ASCII) is not None


def check_digit(body: str) -> str:
    """The 18th character of a resident number with these 17 digits (GB 11643, ISO 7064 MOD 11-2)."""
    return _CHECK_DIGITS[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]


def person_number(id_type: str, number: str) -> str:
    """What all forms of the person's document have in common: 18 characters for a resident, a permit without its renewals."""
    if id_type == RESIDENT and len(number) == OLD_RESIDENT:
        body = f"{number[:6]}19{number[6:]}"
        return body + check_digit(body)
    return number[: _LASTING.get(id_type, len(number))]


def birth_date_in(number: str) -> date | None:
    """The birth date that a resident number of either form states; None for a day that does not exist."""
    digits = person_number(RESIDENT, number)[6:14]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def is_male(number: str) -> bool:
    """The sex that a resident number of either form states: an odd last digit of the order is male."""
    return int(person_number(RESIDENT, number)[16]) % 2 == 1
