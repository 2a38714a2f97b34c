"""Which rows of digits are numbers of a person. Pure; digits come as ASCII, without separators."""

from calendar import isleap
from datetime import date, timedelta
from operator import mul

_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))
_CHECKS = "10X98765432"
_CODES = "111213141521222331323334353637414243444546505152535461626364657181828391"
_PROVINCES = frozenset(_CODES[place : place + 2] for place in range(0, len(_CODES), 2))
"""First two digits of a region code (GB/T 2260); 83 is the number of Taiwan residents' residence permits."""

_MOBILE = frozenset(
    [f"13{n}" for n in range(10)]
    + [f"14{n}" for n in "56789"]
    + [f"15{n}" for n in "012356789"]
    + [f"16{n}" for n in "2567"]
    + [f"17{n}" for n in range(9)]
    + [f"18{n}" for n in range(10)]
    + [f"19{n}" for n in "012356789"]
)
"""Number segments in use for mobile phones in mainland China, eleven digits in all."""

_ZERO = ord("0")
_ZEROS = _ZERO * sum(_WEIGHTS)
_DOUBLE = bytes.maketrans(b"0123456789", b"0246813579")
_DAYS = frozenset(f"{date(2000, 1, 1) + timedelta(days=place):%m%d}" for place in range(366))
MOBILE_LENGTH = 11
CARD_LENGTHS = range(13, 20)


def is_identity(number: str) -> bool:
    """A resident identity number of 18 characters: region, real birth date, check character (GB 11643, ISO 7064 MOD 11-2)."""
    if len(number) != 18 or number[:2] not in _PROVINCES or number[6:8] not in ("18", "19", "20"):
        return False
    total = sum(map(mul, _WEIGHTS, number.encode())) - _ZEROS
    return _CHECKS[total % 11] == number[17] and number[:17].isdecimal() and _is_day(number[6:10], number[10:14])


def is_old_identity(number: str) -> bool:
    """A number of the first generation, 15 digits: it has no check digit, so region and a birth date of the 1900s must do."""
    return len(number) == 15 and number[:2] in _PROVINCES and _is_day("19" + number[6:8], number[8:12])


def _is_day(year: str, month_and_day: str) -> bool:
    return month_and_day in _DAYS and (month_and_day != "0229" or isleap(int(year)))


def is_segment(head: str) -> bool:
    """Whether mobile numbers of mainland China begin with these three digits."""
    return head in _MOBILE


def is_mobile(number: str) -> bool:
    """A mobile number of mainland China, without country code."""
    return len(number) == MOBILE_LENGTH and number[:3] in _MOBILE


def is_landline(area: str, local: str) -> bool:
    """An area code with its zero (010, 02x, 0xxx) and a number that begins with 2 to 8."""
    if not local or local[0] not in "2345678":
        return False
    if len(area) == 3:
        return area in ("010", "020", "021", "022", "023", "024", "025", "027", "028", "029") and len(local) == 8
    return len(area) == 4 and area[0] == "0" and area[1] in "3456789" and len(local) in (7, 8)


def is_card(number: str) -> bool:
    """A bank card's number of 13 to 19 digits: an issuer's prefix and the check digit of ISO/IEC 7812 (Luhn)."""
    return _has_issuer(number) and luhn_valid(number)


def _has_issuer(number: str) -> bool:
    length, head = len(number), number[:2]
    if head in ("62", "60", "65", "68"):  # UnionPay and Discover
        return 16 <= length <= 19
    if head == "95":  # cards of before UnionPay that are still in use
        return number.startswith("9558") and 16 <= length <= 19
    if head[0] == "4":  # Visa
        return length in (13, 16, 19)
    if head in ("34", "37"):  # American Express
        return length == 15
    return length == 16 and (head in ("35", "51", "52", "53", "54", "55") or 2221 <= int(number[:4]) <= 2720)


def luhn_valid(digits: str) -> bool:
    """The check of ISO/IEC 7812, annex B."""
    coded = digits.encode()
    doubled = coded[-2::-2]
    return (sum(coded[-1::-2]) + sum(doubled.translate(_DOUBLE)) - _ZERO * len(coded)) % 10 == 0
