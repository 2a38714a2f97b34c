"""Referral codes: Crockford's base 32 in three groups of four, `K7QM-2XVD-9HTC`; the last symbol checks the others.

Eleven symbols are random: 55 bits, so that with a million codes out a guess hits one in 3.6 × 10¹⁰. The check symbol is
a weighted sum over GF(2⁵): every single wrong symbol and every swap of two symbols is noticed, and it stays within the
alphabet that people can say on the telephone (Crockford's own 37 check symbols do not).
"""

import unicodedata

from contracts.values import RuleBroken

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_SYMBOLS = 11
RANDOM_BITS = 5 * RANDOM_SYMBOLS
SYMBOLS = RANDOM_SYMBOLS + 1
LONGEST_INPUT = 40
_GROUP = 4
_PRIMITIVE = 0b100101  # x⁵ + x² + 1

_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
_HEARD_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None, "–": None, "—": None, "_": None})


class CodeMalformed(RuleBroken):
    """What was given is no referral code: wrong length, foreign symbols, or the check symbol does not fit."""

    rule = "code-malformed"
    fix = "Ask for the code again: three groups of four letters and digits."


def make_code(entropy: int) -> str:
    """The code for `RANDOM_BITS` random bits, in the form in which it is stored (twelve symbols, no hyphens)."""
    values = [entropy >> 5 * place & 31 for place in reversed(range(RANDOM_SYMBOLS))]
    return "".join(ALPHABET[value] for value in [*values, _check_value(values)])


def parse_code(text: str) -> str:
    """The stored form of a code as people write it: any case and width, with or without hyphens, O for 0, I or L for 1.

    Raises `CodeMalformed`; its message never repeats the text.
    """
    if len(text) > LONGEST_INPUT:
        raise CodeMalformed("too long", field="referral_code")
    code = unicodedata.normalize("NFKC", text).upper().translate(_HEARD_AS)
    if len(code) != SYMBOLS or not all(symbol in _VALUES for symbol in code):
        raise CodeMalformed(f"{SYMBOLS} symbols of {ALPHABET} are expected", field="referral_code")
    values = [_VALUES[symbol] for symbol in code]
    if _check_value(values[:-1]) != values[-1]:
        raise CodeMalformed("the check symbol does not fit", field="referral_code")
    return code


def spoken(code: str) -> str:
    """The code as it is shown: `K7QM-2XVD-9HTC`."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def _check_value(values: list[int]) -> int:
    """Σ αⁱ·vᵢ with i from 1: all weights differ from each other and from the check symbol's own, which is α⁰."""
    total = 0
    for value in values:
        total = _times_alpha(total ^ value)
    return total


def _times_alpha(value: int) -> int:
    doubled = value << 1
    return doubled ^ _PRIMITIVE if doubled & 0b100000 else doubled
