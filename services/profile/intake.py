"""Turns what people type into the forms that are stored, with the reason when it cannot be. The reasons never quote the value."""

import re

from stdnum.cn import ric
from stdnum.util import clean

from contracts.values import RuleBroken
from services.profile.importing.forms import card, international
from services.profile.regions import DIGITS, known_regions
from services.profile.rules import documents


class IdNumberInvalid(RuleBroken):
    """A number without the form of its document, or a resident number with a wrong day or check digit (GB 11643)."""

    rule = "id-number-invalid"
    fix = "Check the number against the identity document."


class RegionUnknown(RuleBroken):
    """The first six digits of a resident number name no region that there is or was (GB/T 2260)."""

    rule = "region-code-unknown"
    fix = "Check the first six digits against the identity document; they are the code of a county or city."


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
    """The number in upper case, without the spaces and hyphens that people write; of 15 or 18 characters for residents.

    Raises `IdNumberInvalid`, `RegionUnknown`.
    """
    if id_type == "none":
        raise IdNumberInvalid("an id_number needs the kind of its document", field="id_type")
    number = clean(text, " -").upper()
    if not documents.has_form(id_type, number):
        raise IdNumberInvalid(f"the document has {documents.FORMS_IN_WORDS[id_type]}", field=field)
    if id_type == documents.RESIDENT:
        _check_resident(number, field)
    return number


def _check_resident(number: str, field: str) -> None:
    if number[:DIGITS] not in known_regions():
        raise RegionUnknown(field=field)
    if documents.birth_date_in(number) is None:
        raise IdNumberInvalid("the day of birth in the number does not exist", field=field)
    if len(number) != documents.OLD_RESIDENT and ric.calc_check_digit(number) != number[-1]:
        raise IdNumberInvalid("the check digit does not fit", field=field)


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
