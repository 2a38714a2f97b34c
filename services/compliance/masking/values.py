"""What masking speaks of. Standard library only."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Kinds of personal data that are found and masked (H20; C2 of JR/T 0171-2020)."""

    IDENTITY_NUMBER = "identity_number"
    PHONE = "phone"
    CARD = "card"
    EMAIL = "email"
    PLATE = "plate"
    ADDRESS = "address"
    NAME = "name"
    PASSPORT = "passport"
    HK_MACAU_PERMIT = "hk_macau_permit"
    TAIWAN_PERMIT = "taiwan_permit"


class Audience(StrEnum):
    """Who reads the masked text: somebody inside the bank, or anybody else."""

    INSIDE = "inside"
    OUTSIDE = "outside"


HIDDEN = "*"
"""What stands for a hidden character."""

MASKED = HIDDEN * 3
"""What no masked number or mail address has less of. The detector knows it, so that what is masked is not found again; fewer
stars are somebody's emphasis."""


class Finding(NamedTuple):
    """Where personal data stands: `start` and `end` in characters (Unicode code points) of the original, end excluded.

    `confidence_bp` is how sure the rule is, in basis points: a check digit gives nearly 10,000, a form alone less.
    """

    kind: Kind
    start: int
    end: int
    confidence_bp: int
