"""The forms that values of a column may have: how text is checked and turned into a typed value, vectorised.

A form checks a column of trimmed, non-empty strings and gives the parsed column. Nothing here sees a row as a Python object.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import phonenumbers
import polars as pl

from services.profile.rules.identity import luhn_valid

NOT_IN_CODE = r"[^\p{L}\p{N}_.:/+-]|[0-9]E\+[0-9]"
DIGITS_LOST = r"^[0-9](\.[0-9]+)?E\+[0-9]+$"
"""What a spreadsheet makes of a long number. Of an identity number its last digits are gone for good."""
LONGEST_CODE = 64
DAY_BYTES = 10
AMOUNT = r"^-?[0-9]{1,12}(\.[0-9]{1,2})?$"
MAINLAND = r"^(\+86)?1[3-9][0-9]{9}$"


@dataclass(frozen=True)
class Form:
    """`value` parses a column of trimmed text; `valid` judges text and parsed value. Text that stays text needs no `value`."""

    rule: str
    fix: str
    valid: Callable[[pl.Expr, pl.Expr], pl.Expr]
    value: Callable[[pl.Expr], pl.Expr] | None = None


@dataclass(frozen=True)
class Check:
    """A rule over several columns of a row; `broken` is an expression over the parsed columns, null counts as kept."""

    field: str
    rule: str
    fix: str
    broken: Callable[[date], pl.Expr]


def _day(text: pl.Expr) -> pl.Expr:
    return text.str.to_date("%Y-%m-%d", strict=False)


def is_day(text: pl.Expr) -> pl.Expr:
    """Whether a column of text holds days that exist, as YYYY-MM-DD."""
    return (text.str.len_bytes() == DAY_BYTES) & _day(text).is_not_null()


def _moment(text: pl.Expr) -> pl.Expr:
    return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", strict=False, time_unit="us", time_zone="UTC")


def _fen(text: pl.Expr) -> pl.Expr:
    # 12 digits before the point: times 100 stays far below 2**53, so rounding gives the exact integer
    return (text.cast(pl.Float64, strict=False) * 100).round().cast(pl.Int64, strict=False)


def is_code(text: pl.Expr) -> pl.Expr:
    """Whether a column of text holds codes or ids: letters, digits and a few signs, so that no free text passes for a code."""
    # one forbidden sign is searched for, since a counted class of Unicode letters is thirty times slower
    return (text.str.len_chars() <= LONGEST_CODE) & ~text.str.contains(NOT_IN_CODE)


def _mapped(function: Callable[[str], str | None]) -> Callable[[pl.Expr], pl.Expr]:
    return lambda text: text.map_elements(function, return_dtype=pl.String, skip_nulls=True)


def international(phone: str) -> str | None:
    """The number in E.164 form, mainland China where no country is given; None when it is no possible number."""
    if re.fullmatch(MAINLAND, phone):
        return "+86" + phone[-11:]
    try:
        parsed = phonenumbers.parse(phone, "CN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def card(number: str) -> str | None:
    """The digits of a card number with a right check digit, else None."""
    digits = re.sub(r"[\s-]", "", number)
    return digits if luhn_valid(digits) else None


def codes(*allowed: str) -> Form:
    """One of a fixed set."""
    return Form("code-unknown", f"Use one of: {', '.join(allowed)}.", lambda text, _: text.is_in(allowed))


def text(longest: int) -> Form:
    """Any text up to a length, without control characters."""
    return Form(
        "text-form",
        f"At most {longest} characters, no control characters.",
        lambda text, _: (text.str.len_chars() <= longest) & ~text.str.contains(r"\p{Cc}"),
    )


ID = Form("code-form", "Letters, digits and _ . : / + - only, at most 64.", lambda text, _: is_code(text))
DAY = Form(
    "day-form",
    "Give a day that exists, as YYYY-MM-DD.",
    lambda text, day: (text.str.len_bytes() == DAY_BYTES) & day.is_not_null(),
    _day,
)
MOMENT = Form(
    "moment-form",
    "Give a time with its zone, as 2026-01-31T08:00:00+08:00.",
    lambda _, moment: moment.is_not_null(),
    _moment,
)
POSITIVE = Form(
    "amount-form",
    "Give an amount above 0 in major units, at most two decimals.",
    lambda text, fen: text.str.contains(AMOUNT) & (fen > 0),
    _fen,
)
BALANCE = Form(
    "amount-form", "Give an amount in major units, at most two decimals.", lambda text, _: text.str.contains(AMOUNT), _fen
)
YES_OR_NO = Form("yes-or-no", "Use true or false.", lambda text, _: text.is_in(["true", "false"]), lambda text: text == "true")
CURRENCY = Form("currency-form", "Give the three letters of ISO 4217.", lambda text, _: text.str.contains("^[A-Z]{3}$"))
MCC = Form("mcc-form", "Give the four digits of the merchant category.", lambda text, _: text.str.contains(r"^[0-9]{4}$"))
PHONE = Form(
    "phone-form",
    "Give a number that exists, with the country's code when it is not of mainland China.",
    lambda _, phone: phone.is_not_null(),
    _mapped(international),
)
CARD = Form(
    "card-form",
    "Check the number: its last digit does not fit (ISO/IEC 7812).",
    lambda _, digits: digits.is_not_null(),
    _mapped(card),
)
ID_NUMBER = Form(
    "id-number-form",
    "Letters, digits, hyphens, spaces and brackets only.",
    lambda text, _: text.str.contains(r"^[A-Za-z0-9() -]{4,30}$"),
    lambda text: text.str.to_uppercase().str.replace_all("[ -]", ""),
)
EMAIL = Form(
    "email-form",
    "Give an address like name@example.com.",
    lambda text, _: text.str.contains(r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$") & (text.str.len_chars() <= 254),
)
FACT_NAME = Form(
    "fact-form",
    "Lower-case letters, digits and _, at most 40.",
    lambda text, _: text.str.contains("^[a-z][a-z0-9_]{0,39}$"),
)
FACT_VALUE = Form(
    "fact-value-form",
    "A code, a day or a number of at most 10 digits; no text, no identity, phone or card number.",
    lambda text, _: is_code(text) & ~text.str.contains(r"\d{11}"),
)
