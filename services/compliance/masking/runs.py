"""Reads a run of digits, perhaps with separators and full-width, as an identity number, a phone or a card. Pure."""

import re
from string import ascii_letters
from string import digits as ascii_digits

from contracts.disclosure import MASKED
from contracts.disclosure.forms import WIDTH
from services.compliance.masking.numbers import (
    CARD_LENGTHS,
    MOBILE_LENGTH,
    is_card,
    is_identity,
    is_landline,
    is_mobile,
    is_old_identity,
)
from services.compliance.masking.policy import shipped_hints
from services.compliance.masking.values import Finding, Kind

D = "0-9０-９"
"""ASCII and full-width digits, for a character class."""

_BETWEEN = " \u00a0\u3000.·－‐‑–—-"
SEPARATORS = _BETWEEN.replace("-", r"\-")
"""What may stand between two groups of one number, once; for a character class."""

_S, _D = f"[{SEPARATORS}]", f"[{D}]"
RUN = (
    rf"(?={_D}*(?:{_S}?{_D}){{10}})"
    rf"(?:(?:{_S}{_D}(?!{_D})){{10,18}}+|{_D}{{2,40}}+(?:{_S}{_D}{{3,19}}+){{0,4}}+(?:{_S}{_D}{{1,2}}+(?!{_D}))?)"
    rf"(?:{_S}?[XxＸｘ])?"
)
"""What follows the first digit of eleven or more: one digit a group, or up to six groups that have three but for the last.

Other groups are no spelling of a number of somebody. Saying so here keeps hostile text from costing more than any other.
"""
LONGEST = 19
_LONGEST_GROUPED = 40
_GROUPS = re.compile(r"[0-9]+")
_TO_LETTERS = str.maketrans("", "", " .·-‐‑–—")
_SPOKEN_OF = shipped_hints().spoken_of
_SURE = shipped_hints().confidence_bp
_CONTEXT = 12
_MONEY = ("元", "万", "亿", "%")
_WORD = 8
_IN_CODES = ascii_letters + ascii_digits + "_"


def read_run(text: str, start: int, end: int, floor: int) -> Finding | None:
    """What begins with the digit at `start`, where the run `text[start:end]` begins; `floor` is the end of the finding before.

    Identity numbers come before cards, cards before phones, the longer before the shorter.
    """
    if _goes_on(text, start, floor) or not _may_begin(text, start):
        return None
    run = text[start : min(end, start + _LONGEST_GROUPED)]
    if not run.isascii():
        run = run.translate(WIDTH)
    if run.isdecimal():
        return _read_group(text, start, run, floor) if len(run) <= LONGEST else None
    return _read_groups(text, start, run, floor)


def _goes_on(text: str, start: int, floor: int) -> bool:
    """Whether one digit is a group here and others went before it: such a row is read from its beginning only."""
    return start - 2 >= floor and not text[start + 1].isdecimal() and text[start - 1] in _BETWEEN and text[start - 2].isdecimal()


def _may_begin(text: str, start: int) -> bool:
    """Not within a code of letters and digits, and not the fraction of a decimal number."""
    before = text[start - 1 : start]
    if before == ".":
        return not text[max(start - 2, 0) : start - 1].isdecimal()
    if not (before.isascii() and before.isalpha()):
        return True
    near = text[max(start - _WORD, 0) : start]
    word = near[len(near.rstrip(_IN_CODES)) :]
    return len(word) > 1 and word.isalpha()


def _read_group(text: str, start: int, digits: str, floor: int) -> Finding | None:
    """One group without separators."""
    end, length = start + len(digits), len(digits)
    if not _may_end(text, end):
        return None
    if length == MOBILE_LENGTH and is_mobile(digits):
        return None if text[end : end + 1] in _MONEY else Finding(Kind.PHONE, start, end, _SURE.mobile)
    if length >= 13:
        return read_long(digits, start)
    if digits[0] == "0" and _landline(digits) and _spoken_of(text, start, floor):
        return Finding(Kind.PHONE, start, end, _SURE.landline_spoken_of)
    return None


def read_long(digits: str, start: int) -> Finding | None:
    """13 to 19 digits, or 17 and an X, that stand alone."""
    end = start + len(digits)
    if is_identity(digits.upper()):
        return Finding(Kind.IDENTITY_NUMBER, start, end, _SURE.identity)
    if not digits.isdecimal():
        return None
    if is_old_identity(digits):
        return Finding(Kind.IDENTITY_NUMBER, start, end, _SURE.identity_old)
    if is_card(digits):
        return Finding(Kind.CARD, start, end, _SURE.card)
    if len(digits) == 13 and digits[:2] == "86" and is_mobile(digits[2:]):
        return Finding(Kind.PHONE, start + 2, end, _SURE.mobile)
    if len(digits) == 15 and digits[:4] == "0086" and is_mobile(digits[4:]):
        return Finding(Kind.PHONE, start + 4, end, _SURE.mobile)
    return None


def _read_groups(text: str, start: int, run: str, floor: int) -> Finding | None:
    """Several groups, or digits with an X at the end. What is masked already takes no part in another number."""
    groups = [(match.start(), match.end()) for match in _GROUPS.finditer(run)]
    first = run[: groups[0][1]]
    if len(first) > LONGEST:
        return None
    found = _with_letter(text, start, run)
    if found is not None:
        return found
    alone = _alone(text, start, run, first, floor)
    if text.endswith(MASKED, 0, start):
        return alone
    best, taken = alone, first
    for place, (begin, finish) in enumerate(groups[1:], start=2):
        taken += run[begin:finish]
        if len(taken) > LONGEST:
            break
        end = start + finish
        if len(taken) >= MOBILE_LENGTH and _may_end(text, end) and not text.startswith(MASKED, end):
            found = _grouped(taken, groups[:place], start, end, dotted="." in run[:finish])
            if found is not None and (best is None or found.confidence_bp >= best.confidence_bp):
                best = found
    return best


def _alone(text: str, start: int, run: str, first: str, floor: int) -> Finding | None:
    if run[len(first) : len(first) + 1] == "." and run[len(first) + 1 : len(first) + 2].isdecimal():
        return None  # a decimal number
    return _read_group(text, start, first, floor) if len(first) >= MOBILE_LENGTH else None


def _with_letter(text: str, start: int, run: str) -> Finding | None:
    """An identity number whose check character is X."""
    if run[-1] not in "Xx":
        return None
    end = start + len(run)
    number = run.translate(_TO_LETTERS).upper()
    grouped = len(number) != len(run)
    if (grouped and text.endswith(MASKED, 0, start)) or not _may_end(text, end) or not is_identity(number):
        return None
    return Finding(Kind.IDENTITY_NUMBER, start, end, _SURE.identity)


def _grouped(digits: str, groups: list[tuple[int, int]], start: int, end: int, *, dotted: bool) -> Finding | None:
    """Several groups as one number."""
    sizes = [finish - begin for begin, finish in groups]
    if dotted:
        return Finding(Kind.PHONE, start, end, _SURE.mobile_dotted) if sizes == [3, 4, 4] and is_mobile(digits) else None
    if is_identity(digits):
        return Finding(Kind.IDENTITY_NUMBER, start, end, _SURE.identity_grouped)
    if len(digits) in CARD_LENGTHS and (min(sizes[:-1]) >= 4 or max(sizes) == 1) and is_card(digits):
        return Finding(Kind.CARD, start, end, _SURE.card_grouped)
    if is_mobile(digits) and (tuple(sizes) in ((3, 4, 4), (3, 8), (7, 4), (4, 4, 3)) or max(sizes) == 1):
        return Finding(Kind.PHONE, start, end, _SURE.mobile_grouped)
    if len(sizes) == 2 and is_landline(digits[: sizes[0]], digits[sizes[0] :]):
        return Finding(Kind.PHONE, start, end, _SURE.landline)
    if len(sizes) == 3 and sizes[1:] == [4, 4] and is_landline(digits[: sizes[0]], digits[sizes[0] :]):
        return Finding(Kind.PHONE, start, end, _SURE.landline)
    return None


def _landline(digits: str) -> bool:
    return is_landline(digits[:3], digits[3:]) or is_landline(digits[:4], digits[4:])


def _spoken_of(text: str, start: int, floor: int) -> bool:
    context = text[max(floor, start - _CONTEXT) : start]
    return any(word in own_part(context) for word in _SPOKEN_OF)


def own_part(context: str) -> str:
    """The end of what stands before something: of its own line, and behind what is masked already."""
    return context.rpartition("\n")[2].rpartition(MASKED)[2]


def _may_end(text: str, end: int) -> bool:
    after = text[end : end + 1].translate(WIDTH)
    return not (after.isascii() and after.isalnum())
