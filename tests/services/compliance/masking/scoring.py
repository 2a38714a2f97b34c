"""Precision and recall on a labelled text, and the plain regular expressions that masking is compared with."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from services.compliance.masking import Kind
from tests.services.compliance.masking.labelled import Label

PLAIN = {
    Kind.IDENTITY_NUMBER: re.compile(r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"),
    Kind.PHONE: re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"),
    Kind.CARD: re.compile(r"(?<!\d)[1-9]\d{3}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}(?:[- ]?\d{1,3})?(?!\d)"),
    Kind.EMAIL: re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"),
    Kind.PLATE: re.compile("[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·]?[A-HJ-NP-Z0-9]{5,6}"),
}
"""The five expressions that people write for these kinds: one pass each, no check digits."""


@dataclass(frozen=True)
class Score:
    precision: float
    recall: float


def plain_labels(text: str) -> list[Label]:
    """What the five expressions find."""
    return [Label(kind, match.start(), match.end()) for kind, plain in PLAIN.items() for match in plain.finditer(text)]


def score(found: Iterable[Label], wanted: Iterable[Label], kinds: Collection[Kind]) -> Score:
    """A finding counts where it is of the right kind, ends where the label ends, and covers at least three quarters of it."""
    left = {(label.kind, label.end): label.start for label in wanted if label.kind in kinds}
    total, right, all_found = len(left), 0, 0
    for finding in found:
        if finding.kind not in kinds:
            continue
        all_found += 1
        start = left.get((finding.kind, finding.end))
        if start is not None and finding.end - finding.start >= 0.75 * (finding.end - start):
            del left[finding.kind, finding.end]
            right += 1
    return Score(right / max(all_found, 1), right / max(total, 1))
