"""Consents and refusals (PIPL art. 24): what a customer's words mean for each purpose and channel."""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.values import Channel


@dataclass(frozen=True, slots=True)
class Consent:
    """The last word on a purpose over one channel; `channel` None stands for all channels without a word of their own."""

    purpose: str
    channel: Channel | None
    granted: bool


def refused(consents: Iterable[Consent]) -> frozenset[tuple[str, Channel]]:
    """The (purpose, channel) pairs that are refused. A word on one channel goes before the word on all.

    What was never spoken of is not refused: the bank's agreement with the customer covers it until then.
    """
    words = {(consent.purpose, consent.channel): consent.granted for consent in consents}
    purposes = {purpose for purpose, _ in words}
    return frozenset(
        (purpose, channel)
        for purpose in purposes
        for channel in Channel
        if not words.get((purpose, channel), words.get((purpose, None), True))
    )
