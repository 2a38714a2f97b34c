"""What the detector speaks of. Standard library only; who sees what of it is the policy of `contracts.disclosure`."""

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


class Finding(NamedTuple):
    """Where personal data stands: `start` and `end` in characters (Unicode code points) of the original, end excluded.

    `confidence_bp` is how sure the rule is, in basis points: a check digit gives nearly 10,000, a form alone less.
    """

    kind: Kind
    start: int
    end: int
    confidence_bp: int
