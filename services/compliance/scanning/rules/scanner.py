"""A lexicon, compiled: text in, verdict out (H23, H29)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from contracts.values import ProductClass
from services.compliance.scanning.rules import places
from services.compliance.scanning.rules.folding import Folded, Folding, Units, View, is_han
from services.compliance.scanning.rules.matching import Hit, Matcher
from services.compliance.scanning.rules.negation import Negation
from services.compliance.scanning.rules.values import ContentKind, Finding, Lexicon, Requirement, Verdict, Wording

MOST_HITS = 200
"""Places in one view of a text that are judged; a text with more is not judged to its end, and does not pass."""


@dataclass(slots=True)
class _Entry:
    """A folded phrase and what it stands for; `written` are its spellings with homophones apart."""

    phrase: str
    written: set[str] = field(default_factory=set)
    wordings: list[Wording] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    covers: bool = False


@dataclass(frozen=True, slots=True)
class _Last:
    """The phrase judged before: where it ends, whether it is turned, and whether its chain reaches on."""

    end: int = 0
    turned: bool = False
    reaches: bool = False


class _Index:
    """The phrases that are searched for in one view."""

    def __init__(self, entries: dict[str, _Entry]) -> None:
        self.entries = list(entries.values())
        self._matcher = Matcher(list(entries))

    def hits(self, units: Units) -> list[Hit]:
        """Places of phrases; more than `MOST_HITS` where there may be others."""
        return self._matcher.hits(units, most=MOST_HITS)


@dataclass(slots=True)
class _Found:
    """What a scan has gathered so far."""

    findings: list[Finding] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    complete: bool = True


class Scanner:
    """Judges texts by one lexicon. Safe to use from several threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._folding = Folding(lexicon.spelling)
        self._negation = Negation(lexicon.grammar)
        entries = self._entries(lexicon)
        self._han = _Index({word: entry for word, entry in entries.items() if all(map(is_han, word))})
        self._full = _Index({word: entry for word, entry in entries.items() if not all(map(is_han, word))})

    def _entries(self, lexicon: Lexicon) -> dict[str, _Entry]:
        entries: dict[str, _Entry] = {}

        def entry(phrase: str) -> _Entry:
            word, written = self._folding.word(phrase), self._folding.written(phrase)
            found = entries.setdefault(word, _Entry(phrase))
            found.written.add(written)
            if written == word:
                found.phrase = phrase
            return found

        for wording in lexicon.wordings:
            for phrase in sorted(wording.phrases):
                entry(phrase).wordings.append(wording)
        for requirement in lexicon.requirements:
            for phrase in sorted(requirement.phrases):
                entry(phrase).requirements.append(requirement)
        for phrase in lexicon.harmless:
            entry(phrase).covers = True
        return entries

    def scan(self, text: str, *, kind: ContentKind = ContentKind.DRAFT, product_class: ProductClass | None = None) -> Verdict:
        """What in `text` may not be said, in the order of places, then what it lacks.

        `product_class` is the class of product that the text is about, None where it is about none or it is not known.
        """
        folded, found = self._folding.of(text), _Found()
        self._search(self._han, folded, found, mixed=False)
        if folded.mixed:
            self._search(self._full, folded, found, mixed=True)
        missing = [
            Finding(rule=wanted.rule, phrase=None, start=None, end=None, advice=wanted.advice)
            for wanted in self.lexicon.requirements
            if wanted.asked_of(kind, product_class) and wanted.rule not in found.held
        ]
        return Verdict((*_outermost(found.findings), *missing), found.complete)

    def _search(self, index: _Index, folded: Folded, found: _Found, *, mixed: bool) -> None:
        hits = index.hits(folded.full if mixed else folded.han)
        if not hits:
            return
        found.complete = found.complete and len(hits) <= MOST_HITS
        view = folded.full_view() if mixed else folded.han_view()
        standing = [hit for hit in hits[:MOST_HITS] if self._stands(view, hit, index.entries[hit.phrase], mixed=mixed)]
        found.findings += self._forbidden(view, standing, index.entries)
        found.held.update(self._held(view, standing, index.entries))

    def _stands(self, view: View, hit: Hit, entry: _Entry, *, mixed: bool) -> bool:
        long = hit.end - hit.first >= self.lexicon.spelling.homophones_from
        return (
            (long or view.written(hit.first, hit.end) in entry.written)
            and places.holds_together(view, hit.first, hit.end)
            and (not mixed or places.whole_word(view, hit.first, hit.end))
        )

    def _forbidden(self, view: View, hits: Iterable[Hit], entries: Sequence[_Entry]) -> Iterable[Finding]:
        kept = _uncovered(hit for hit in hits if entries[hit.phrase].wordings or entries[hit.phrase].covers)
        kept = [hit for hit in kept if entries[hit.phrase].wordings]
        ends, last = {hit.first: hit.end for hit in kept}, _Last()
        for hit in kept:
            last = self._judged(view, hit, last, ends)
            if not last.turned:
                start, end = view.span(hit.first, hit.end)
                entry = entries[hit.phrase]
                for wording in entry.wordings:
                    yield Finding(rule=wording.rule, phrase=entry.phrase, start=start, end=end, advice=wording.advice)

    def _judged(self, view: View, hit: Hit, last: _Last, ends: dict[int, int]) -> _Last:
        turned, reaches = self._turned(view, hit, last)
        return _Last(hit.end, turned or self._denied(view, hit, ends), reaches and turned)

    def _turned(self, view: View, hit: Hit, last: _Last) -> tuple[bool, bool]:
        """Whether the words before a hit turn it, and whether they reach on over an enumeration."""
        if hit.first != last.end and not self._negation.may_follow(view.written(hit.first - 1, hit.first)):
            return False, False
        chain = self._negation.chain(places.text_before(view, hit.first, last.end if last.end <= hit.first else 0))
        turned = chain.turns % 2 == 1
        follows = last.reaches and hit.first - chain.length == last.end
        if follows and (chain.joined or places.enumerated(view, last.end, hit.first)):
            return turned != last.turned, True
        return turned, chain.reaches

    def _denied(self, view: View, hit: Hit, ends: dict[int, int]) -> bool:
        if hit.end not in ends and not self._negation.may_precede(view.written(hit.end, hit.end + 1)):
            return False
        return self._negation.denied(places.text_after(view, hit.end, ends))

    def _held(self, view: View, hits: Iterable[Hit], entries: Sequence[_Entry]) -> Iterable[str]:
        for hit in hits:
            wanted = entries[hit.phrase].requirements
            if wanted and not self._judged(view, hit, _Last(), {}).turned:
                yield from (requirement.rule for requirement in wanted)


def _uncovered(hits: Iterable[Hit]) -> list[Hit]:
    """The hits that lie in no other hit, in the order of their places."""
    kept: list[Hit] = []
    reached = -1
    for hit in sorted(hits, key=lambda hit: (hit.first, -hit.end)):
        if hit.end > reached:
            kept.append(hit)
            reached = hit.end
    return kept


def _outermost(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by place, without those that lie inside another one of their rule."""
    kept: list[Finding] = []
    reached: dict[str, int] = {}
    for finding in sorted(findings, key=lambda one: (one.start or 0, -(one.end or 0), one.rule)):
        if (finding.end or 0) > reached.get(finding.rule, -1):
            kept.append(finding)
            reached[finding.rule] = finding.end or 0
    return kept
