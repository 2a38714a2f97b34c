"""Numbers that name a person or a card: resident identity numbers (GB 11643), phones, passports, cards (Luhn).

Nothing is remembered between blocks of customers, so uniqueness comes from the arithmetic: every block has region
codes and sequence numbers of its own, and phones and cards are permutations of the customer's count.
"""

from datetime import date
from random import Random

from steward.sample.regions import REGIONS, Region

_SHARES = 3
MAX_BLOCKS = _SHARES * 500
"""Blocks that get identity numbers of their own: 500 sequence numbers a sex, for each share of the region codes."""

_CHECK_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))
_CHECK_DIGITS = "10X98765432"
_TAILS = 10**8
_STRIDE = 61_803_399
_PHONE_PREFIXES = (
    "134", "135", "136", "137", "138", "139", "147", "150", "151", "152", "157", "158", "159", "178", "182", "183", "187",
    "188", "130", "131", "132", "155", "156", "176", "185", "186", "133", "153", "177", "180", "181", "189",
)  # fmt: skip


def resident_number(region: Region, birth: date, sequence: int, sex: str) -> str:
    """An 18-digit resident identity number; `sequence` is 0 to 499, odd third digits are men's."""
    body = f"{region.code}{birth:%Y%m%d}{sequence * 2 + (sex == 'm'):03d}"
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """The last digit of a resident number, from its first 17 (ISO 7064, MOD 11-2)."""
    return _CHECK_DIGITS[sum(int(digit) * weight for digit, weight in zip(body, _CHECK_WEIGHTS, strict=True)) % 11]


def luhn(body: str) -> str:
    """The digit that completes a card number."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


class Numbers:
    """Hands out the numbers of one block's people, each of them once in the whole bank."""

    def __init__(self, *, seed: int, block: int) -> None:
        self._salt = Random(f"numbers:{seed}").randrange(_TAILS)
        share = block % _SHARES
        self._regions = tuple(region for place, region in enumerate(REGIONS) if place % _SHARES == share)
        self._sequence = (block // _SHARES * 7 + self._salt) % 500
        self._taken: set[str] = set()

    def regions(self, birth_year: int) -> list[Region]:
        """The block's regions that somebody born in `birth_year` can come from."""
        return [region for region in self._regions if region.fits(birth_year)]

    def resident(self, rng: Random, *, birth: date, sex: str, home: Region | None) -> str | None:
        """A resident number, from `home` if it can be; None when every region of the block has one of that day."""
        candidates = self.regions(birth.year)
        rng.shuffle(candidates)
        if home in candidates:
            candidates.insert(0, home)
        for region in candidates:
            number = resident_number(region, birth, self._sequence, sex)
            if number not in self._taken:
                self._taken.add(number)
                return number
        return None

    def phone(self, rng: Random, customer: int) -> str:
        """A mobile number of 11 digits; the last eight are the customer's own."""
        return f"{rng.choice(_PHONE_PREFIXES)}{self._tail(customer):08d}"

    def card(self, customer: int, nth: int) -> str:
        """A card number of 19 digits beginning with 62, UnionPay's prefix."""
        body = f"62309{nth:02d}{self._tail(customer):08d}{customer % 1000:03d}"
        return body + luhn(body)

    def document(self, id_type: str, customer: int) -> str:
        """The number of a travel document."""
        tail = self._tail(customer)
        if id_type == "hk_macau_permit":
            return f"H{tail:08d}"
        return f"{tail:08d}" if id_type == "taiwan_permit" else f"E{tail:08d}"

    def _tail(self, customer: int) -> int:
        return (customer * _STRIDE + self._salt) % _TAILS
