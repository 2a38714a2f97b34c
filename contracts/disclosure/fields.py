"""What disclosure speaks of. Standard library only."""

from enum import StrEnum


class DataField(StrEnum):
    """Fields of a person's data that the policy has a form for."""

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
    BIRTH_DATE = "birth_date"
    BALANCE = "balance"
    OPENING_DATE = "opening_date"
    BRANCH = "branch"
    CREDENTIAL = "credential"
    BIOMETRIC = "biometric"


class DataClass(StrEnum):
    """Classes of JR/T 0171-2020, known second-hand: C3 is never shown, C2 is masked, C1 may be shown within the bank's work."""

    C3 = "C3"
    C2 = "C2"
    C1 = "C1"


class Audience(StrEnum):
    """Who reads, the one who sees most first. NOBODY: logs, events, third parties, and readers that the policy does not know."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    NOBODY = "nobody"


HIDDEN = "*"
"""What stands for a hidden character."""

MASKED = HIDDEN * 3
"""What no masked number or mail address has less of. The detector knows it, so that what is masked is not found again; fewer
stars are somebody's emphasis."""

SHORTEST = {
    DataField.IDENTITY_NUMBER: 15,
    DataField.PHONE: 10,
    DataField.CARD: 13,
    DataField.PLATE: 7,
    DataField.PASSPORT: 8,
    DataField.HK_MACAU_PERMIT: 8,
    DataField.TAIWAN_PERMIT: 8,
}
"""Characters of the shortest value of a field, separators left out. What is shorter is not what it says, and hidden whole."""

WORDS = frozenset({DataField.NAME, DataField.ADDRESS, DataField.EMAIL})
"""Fields whose separators and letters stay as they are written."""
