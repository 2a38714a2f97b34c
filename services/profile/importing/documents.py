"""The rules of identity documents over whole columns: the same judgement as `intake.id_number` gives on one number."""

from datetime import date
from functools import partial

import polars as pl

from services.profile.importing.forms import Check
from services.profile.regions import DIGITS, known_regions
from services.profile.rules.documents import FORMS_IN_WORDS, RESIDENT

_TYPE, _NUMBER = pl.col("id_type"), pl.col("id_number")
_RESIDENT = _TYPE == RESIDENT
_OLD = _NUMBER.str.len_chars() == 15
_BODY = pl.when(_OLD).then(pl.concat_str(_NUMBER.str.slice(0, 6), pl.lit("19"), _NUMBER.str.slice(6))).otherwise(_NUMBER)
"""Region, birth date and order, as in a number of 18 characters."""
_WEIGHTS = [2 ** (17 - place) % 11 for place in range(17)]
_FORMS = {
    RESIDENT: r"^(?:[0-9]{17}[0-9X]|[0-9]{15})$",
    "passport": r"^[A-Z0-9]{5,9}$",
    "hk_macau_permit": r"^[HM][0-9]{8}(?:[0-9]{2})?$",
    "taiwan_permit": r"^[0-9]{8}(?:[0-9]{2}(?:\([A-Z]\))?)?$",
}


def _of_other_form(id_type: str, _: date) -> pl.Expr:
    wrong = ~_NUMBER.str.contains(_FORMS[id_type])
    if id_type == "passport":
        wrong |= ~_NUMBER.str.contains("[0-9]")
    return (id_type == _TYPE) & wrong


def _check_digit_wrong(_: date) -> pl.Expr:
    digits = [_NUMBER.str.slice(place, 1).cast(pl.Int32, strict=False) * weight for place, weight in enumerate(_WEIGHTS)]
    expected = ((12 - pl.sum_horizontal(digits) % 11) % 11).cast(pl.String).replace("10", "X")
    return _RESIDENT & ~_OLD & (_NUMBER.str.slice(17, 1) != expected)


def _born_otherwise(_: date) -> pl.Expr:
    return _RESIDENT & (_BODY.str.slice(6, 8) != pl.col("birth_date").dt.strftime("%Y%m%d"))


def _of_other_sex(_: date) -> pl.Expr:
    return _RESIDENT & ((_BODY.str.slice(16, 1).cast(pl.Int32, strict=False) % 2 == 1) != (pl.col("sex") == "m"))


DOCUMENT_CHECKS = (
    *(
        Check("id_number", "id-number-invalid", f"Give {words}.", partial(_of_other_form, id_type))
        for id_type, words in FORMS_IN_WORDS.items()
    ),
    Check(
        "id_number",
        "region-code-unknown",
        "Check the first six digits; they are the code of a county or city (GB/T 2260).",
        lambda _: _RESIDENT & ~_NUMBER.str.slice(0, DIGITS).is_in(sorted(known_regions())),
    ),
    Check("id_number", "id-number-check-digit", "The check digit does not fit (GB 11643).", _check_digit_wrong),
    Check("birth_date", "identity-inconsistent", "The identity number states another birth date.", _born_otherwise),
    Check("sex", "identity-inconsistent", "The identity number states another sex.", _of_other_sex),
)
