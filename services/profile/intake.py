"""Turns what people type into the forms that are stored, with the reason when it cannot be. The reasons never quote the value."""

import re

from stdnum import exceptions
from stdnum.cn import ric

from contracts.values import RuleBroken
from services.profile.importing.forms import card, international
from services.profile.importing.regions import CODE_DIGITS, is_region


class IdNumberInvalid(RuleBroken):
    """A resident identity number with a wrong length, digit, day or check digit (GB 11643), or another number with odd signs."""

    rule = "id-number-invalid"
    fix = "Check the number against the identity document."


class PhoneInvalid(RuleBroken):
    """A phone number that cannot exist."""

    rule = "phone-invalid"
    fix = "Give a number that exists, with the country's code when it is not of mainland China."


class EmailInvalid(RuleBroken):
    """Not the form of an e-mail address."""

    rule = "email-invalid"
    fix = "Give an address like name@example.com."


class CardInvalid(RuleBroken):
    """A card number whose check digit does not fit (ISO/IEC 7812)."""

    rule = "card-invalid"
    fix = "Check the card number."


def id_number(id_type: str, text: str, *, field: str = "id_number") -> str:
    """The number in upper case. Region codes that were withdrawn are taken: old numbers keep them.

    Raises `IdNumberInvalid`.
    """
    if id_type != "resident_id":
        if not re.fullmatch(r"[A-Za-z0-9()-]{4,30}", text):
            raise IdNumberInvalid("letters, digits, hyphens and brackets only", field=field)
        return text.upper()
    number = ric.compact(text)
    if not re.fullmatch(r"\d{17}[\dX]", number, re.ASCII):
        raise IdNumberInvalid("a resident identity number has 17 digits and a check digit", field=field)
    if ric.calc_check_digit(number) != number[-1]:
        raise IdNumberInvalid("the check digit does not fit", field=field)
    if not is_region(number[:CODE_DIGITS]):
        raise IdNumberInvalid("the first six digits are no region's code", field=field)
    try:
        ric.get_birth_date(number)
    except exceptions.ValidationError:
        raise IdNumberInvalid("the day of birth in the number does not exist", field=field) from None
    return number


def phone(text: str, *, field: str = "phone") -> str:
    """The number in E.164 form. Raises `PhoneInvalid`."""
    number = international(text)
    if number is None:
        raise PhoneInvalid(field=field)
    return number


def email(text: str, *, field: str = "email") -> str:
    """The address as given. Raises `EmailInvalid`."""
    if len(text) > 254 or not re.fullmatch(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+", text):
        raise EmailInvalid(field=field)
    return text


def card_no(text: str, *, field: str = "card") -> str:
    """The digits. Raises `CardInvalid`."""
    digits = card(text)
    if digits is None:
        raise CardInvalid(field=field)
    return digits
