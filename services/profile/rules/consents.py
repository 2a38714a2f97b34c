"""What makes a customer's word count (PIPL art. 14, 23, 29). Pure; a refusal always counts, whatever it comes with."""

import re
from collections.abc import Container
from dataclasses import dataclass

from contracts.values import Channel, ConsentPurpose, RuleBroken


class EvidenceMissing(RuleBroken):
    """A consent without anything that shows it."""

    rule = "consent-without-evidence"
    fix = "Give source, and in evidence the form's number or the recording's id, as a code."


class EvidenceIdentifies(RuleBroken):
    """The evidence looks like a phone, identity or card number, which would lie readable in the record."""

    rule = "consent-evidence-identifies"
    fix = "Give the number of the form or the id of the recording, never one of the customer's own numbers."


class ConsentNotSeparate(RuleBroken):
    """This purpose must be agreed to by itself; `detail` names the article."""

    rule = "consent-not-separate"
    fix = "Ask the customer for this alone, and say so with separate: true."


class SourceNotYours(RuleBroken):
    """Customers speak for themselves in the app."""

    rule = "consent-source-not-yours"
    fix = "Give source: app, or let the branch record the form."


UNRECORDED = "unrecorded"
"""The source of a word of which nothing more is known; enough for a refusal, never for a consent."""
_OWN_NUMBER = re.compile(r"(\+?86)?1[3-9]\d{9}|\d{15}|\d{16}|\d{17}[\dXx]|\d{19}", re.ASCII)


@dataclass(frozen=True)
class Word:
    """A consent or refusal for a purpose on a channel (None: on all), and what shows it."""

    purpose: ConsentPurpose
    channel: Channel | None
    granted: bool
    source: str
    evidence: str | None = None
    separate: bool = False


def check_word(word: Word, *, clause: str | None, self_evident: Container[str], by_customer: bool) -> None:
    """Raise the rule that a word breaks. `clause` is the article that wants the purpose asked for alone, if there is one."""
    if by_customer and word.source != "app":
        raise SourceNotYours(field="source")
    if word.evidence is not None and _OWN_NUMBER.fullmatch(word.evidence.replace("-", "")):
        raise EvidenceIdentifies(field="evidence")
    if not word.granted:
        return
    if clause is not None and not word.separate:
        raise ConsentNotSeparate(clause, field="separate")
    if word.evidence is None and word.source not in self_evident:
        raise EvidenceMissing(field="source" if word.source == UNRECORDED else "evidence")
