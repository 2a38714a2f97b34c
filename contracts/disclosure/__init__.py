"""Who sees what of personal data (H20): one policy, as data, for every answer, event, export, webhook and log."""

from contracts.disclosure.fields import HIDDEN, MASKED, Audience, DataClass, DataField
from contracts.disclosure.policy import DisclosurePolicy, disclosure_policy, parse_disclosure
from contracts.disclosure.shown import (
    Disclosure,
    Masked,
    MaskedAddress,
    MaskedCard,
    MaskedEmail,
    MaskedIdentityNumber,
    MaskedName,
    MaskedPhone,
    disclosure_for,
    disclosure_to,
)

__all__ = [
    "HIDDEN",
    "MASKED",
    "Audience",
    "DataClass",
    "DataField",
    "Disclosure",
    "DisclosurePolicy",
    "Masked",
    "MaskedAddress",
    "MaskedCard",
    "MaskedEmail",
    "MaskedIdentityNumber",
    "MaskedName",
    "MaskedPhone",
    "disclosure_for",
    "disclosure_policy",
    "disclosure_to",
    "parse_disclosure",
]
