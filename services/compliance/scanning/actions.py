"""The use case: judge texts, and record that it was done, in numbers only."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from contracts.values import ProductClass, RuleBroken
from services.compliance.scanning.rules.scanner import Scanner
from services.compliance.scanning.rules.values import ContentKind, Verdict

MOST_CHARACTERS = 2_000_000
"""Code points of all texts of one request."""

_BESIDE_OTHERS = 20_000
"""More code points than these are scanned in a thread, so that other requests go on."""


class TooMuchText(RuleBroken):
    """The texts of one request are too long together."""

    rule = "too-much-text"
    fix = f"Send at most {MOST_CHARACTERS} characters in one request; split the batch."


@dataclass(frozen=True, slots=True)
class Text:
    """A text, what kind it is of, and which class of product it is about."""

    text: str
    kind: ContentKind
    product_class: ProductClass | None = None


async def scan(session: Session, *, scanner: Scanner, texts: Sequence[Text], caller: Capability) -> list[Verdict]:
    """The verdict on each text. Audited by counts: how many texts, how many failed, how many findings by which rule.

    Raises `TooMuchText`.
    """
    characters = sum(len(text.text) for text in texts)
    if characters > MOST_CHARACTERS:
        raise TooMuchText(field="body.texts")
    if characters > _BESIDE_OTHERS:
        verdicts = await asyncio.to_thread(_judge, scanner, texts)
    else:
        verdicts = _judge(scanner, texts)
    await audit(session, caller=caller, act="text.scanned", details=_counts(scanner, verdicts))
    return verdicts


def _judge(scanner: Scanner, texts: Sequence[Text]) -> list[Verdict]:
    return [scanner.scan(text.text, kind=text.kind, product_class=text.product_class) for text in texts]


def _counts(scanner: Scanner, verdicts: Sequence[Verdict]) -> dict[str, int | str]:
    rules = Counter(finding.rule for verdict in verdicts for finding in verdict.findings)
    return {
        "lexicon": scanner.lexicon.version,
        "texts": len(verdicts),
        "failed": sum(not verdict.passes for verdict in verdicts),
        **{f"rule.{rule}": count for rule, count in sorted(rules.items())},
    }
