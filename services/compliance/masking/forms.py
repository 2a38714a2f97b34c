"""Writes what was found in its masked form. Pure; hides more rather than less when a value is not in the usual form."""

from collections.abc import Callable
from functools import partial

from services.compliance.masking.policy import Form
from services.compliance.masking.runs import WIDTH
from services.compliance.masking.values import HIDDEN, MASKED, Kind
from services.compliance.masking.words import COMPOUND_SURNAMES, district_end

_FIXED_ADDRESS = 6
_NO_SEPARATORS = str.maketrans("", "", " .·•-‐‑–—")


def writer(kind: Kind, form: Form) -> Callable[[str], str]:
    """What writes a value of this kind with all hidden that `form` does not keep.

    Numbers lose their separators and become ASCII, and their hidden characters are counted (138****5678); those of a name
    after the family name are counted too. An address's and a mail address's length is not told.
    """
    if form.keep == "mail_domain":
        return partial(_mail, first=form.first)
    if form.keep == "district":
        return _address
    if form.keep == "family_name":
        return _name
    if kind in (Kind.NAME, Kind.ADDRESS, Kind.EMAIL):
        return lambda value: _ends(value, form.first, form.last)
    if form.hide_last is not None:
        return partial(_without_end, count=form.hide_last)
    return lambda value: _ends(plain(value), form.first, form.last)


def plain(number: str) -> str:
    """A number without separators, in ASCII."""
    return number if number.isalnum() and number.isascii() else number.translate(WIDTH).translate(_NO_SEPARATORS)


def _mail(value: str, first: int) -> str:
    local, at, domain = value.rpartition("@" if "@" in value else "＠")
    return local[:first] + MASKED + at + domain


def _address(value: str) -> str:
    return value[: district_end(value)] + HIDDEN * _FIXED_ADDRESS


def _name(value: str) -> str:
    family = 2 if value[:2] in COMPOUND_SURNAMES and len(value) > 2 else 1
    return value[:family] + HIDDEN * max(len(value) - family, 1)


def _without_end(value: str, count: int) -> str:
    number = plain(value)
    shown = max(len(number) - count, 0)
    return number[:shown] + HIDDEN * (len(number) - shown)


def _ends(value: str, first: int, last: int) -> str:
    length = len(value)
    if first + last + len(MASKED) > length:
        return HIDDEN * length
    return value[:first] + HIDDEN * (length - first - last) + value[length - last :]
