"""What a lexicon is made of, and what a scan answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contracts.values import ProductClass


class ContentKind(StrEnum):
    """What kind of text leaves the bank."""

    TEMPLATE = "template"
    DRAFT = "draft"
    PROPOSAL = "proposal"
    REFERRAL = "referral"


@dataclass(frozen=True, slots=True)
class Advice:
    """What stands beside a finding: the clause that forbids the wording (or asks for it), and what to write instead."""

    clause: str
    suggestion: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One forbidden kind of wording. `phrases` are spelled out, without alternatives."""

    rule: str
    advice: Advice
    phrases: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Wording that a text must hold: one of `phrases`, in texts of `kinds` about products of `classes`.

    A text that does not say which class it is about is asked for it when its kind is in `unclassed`.
    """

    rule: str
    advice: Advice
    kinds: frozenset[ContentKind]
    classes: frozenset[ProductClass]
    unclassed: frozenset[ContentKind]
    phrases: frozenset[str]

    def asked_of(self, kind: ContentKind, product_class: ProductClass | None) -> bool:
        """Whether a text must hold the wording."""
        if product_class is None:
            return kind in self.unclassed
        return kind in self.kinds and product_class in self.classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """The words by which a neighbourhood turns a phrase into its opposite.

    Every word of `negators`, `prohibitions` and `denials` turns once. `prohibitions` and `carriers` reach over an
    enumeration, `fillers` only stand in between, `stoppers` look like a negation and are none.
    """

    negators: frozenset[str]
    prohibitions: frozenset[str]
    carriers: frozenset[str]
    fillers: frozenset[str]
    connectors: frozenset[str]
    stoppers: frozenset[str]
    trailers: frozenset[str]
    denials: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How differently written characters become one. Keys and values are single characters.

    A homophone counts only in phrases of `homophones_from` characters or more: in shorter ones it is too often itself.
    """

    traditional: Mapping[str, str]
    lookalikes: Mapping[str, str]
    homophones: Mapping[str, str]
    homophones_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """A version of what may not be said, and of what must."""

    version: int
    wordings: tuple[Wording, ...]
    requirements: tuple[Requirement, ...]
    harmless: frozenset[str]
    grammar: Grammar
    spelling: Spelling


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A forbidden phrase at its place, or required wording that is missing (`start` and `end` are then None).

    Places count Unicode code points of the text as it came, end exclusive. `phrase` is the lexicon's, never the text's.
    """

    rule: str
    phrase: str | None
    start: int | None
    end: int | None
    advice: Advice


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, in the order of places. `complete` is False where a text holds more places than are judged."""

    findings: tuple[Finding, ...]
    complete: bool = True

    @property
    def passes(self) -> bool:
        """Whether the text may leave the bank. A text that was not judged to its end may not."""
        return self.complete and not self.findings
