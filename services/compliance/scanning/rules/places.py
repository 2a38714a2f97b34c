"""What stands between and around the characters of a hit."""

import unicodedata
from collections.abc import Mapping
from itertools import pairwise

from services.compliance.scanning.rules.folding import View
from services.compliance.scanning.rules.negation import PAUSE, REACH, STOP

WIDEST_GAP = 12
"""Visible characters that may stand between two characters of a phrase; blanks are not counted."""

_STOPS = frozenset("。｡！!？?；;")
_PAUSES = frozenset("，,﹐")
_LISTS = ("、", "､", "/", "／", "”“", "」「", "》《")
_BLANK_LINE = "\n\n"
_INVISIBLE = ("Z", "C", "M")


def mark(gap: str) -> str:
    """The break that a gap makes: `STOP`, `PAUSE` or none."""
    if not gap:
        return ""
    if not _STOPS.isdisjoint(gap) or _BLANK_LINE in gap.replace("\r", "").replace(" ", "") or _visible(gap) > WIDEST_GAP:
        return STOP
    return "" if _PAUSES.isdisjoint(gap) else PAUSE


def _visible(gap: str) -> int:
    return sum(not unicodedata.category(one).startswith(_INVISIBLE) for one in gap)


def _gaps(view: View, first: int, end: int) -> list[str]:
    """What stands in the text before each of the folded characters from `first` up to `end`."""
    index = view.index[max(first - 1, 0) : end].tolist()
    gaps = [view.between(left, right) if right - left > 1 else "" for left, right in pairwise(index)]
    return gaps if first else ["", *gaps]


def _tight(view: View, first: int, end: int) -> bool:
    return bool(view.index[end - 1] - view.index[first] == end - 1 - first)


def holds_together(view: View, first: int, end: int) -> bool:
    """Whether the characters from `first` to `end` are read as one phrase.

    A break tears a phrase apart, unless all of it is written with gaps: 妥善自保。本行 holds no 保本, 保。本。保。息 is a phrase.
    """
    if _tight(view, first, end):
        return True
    gaps = _gaps(view, first + 1, end)
    if any(_visible(gap) > WIDEST_GAP for gap in gaps):
        return False
    return not any(map(mark, gaps)) or (all(gaps) and len(gaps) > 1)


def enumerated(view: View, first: int, last: int) -> bool:
    """Whether 、, a stroke or two quotations stand before one of the characters from `first` to `last`, and no break."""
    gaps = _gaps(view, first, last + 1)
    return any(sign in gap for gap in gaps for sign in _LISTS) and not any(map(mark, gaps))


def text_before(view: View, first: int, since: int) -> str:
    """Up to `REACH` folded characters before a hit, with the breaks between them marked, but none before `since`."""
    begin = max(first - REACH, since)
    text = view.written(begin, first)
    if not text or _tight(view, begin, first + 1):
        return text
    gaps = _gaps(view, begin + 1, first + 1)
    return "".join(character + mark(gap) for character, gap in zip(text, gaps, strict=True))


def text_after(view: View, end: int, skipped: Mapping[int, int]) -> str:
    """The same after a hit, up to the end of its sentence; hits, `skipped` from their start to their end, are left out."""
    text, gaps = view.written(end, end + 2 * REACH), _gaps(view, end, end + 2 * REACH)
    parts: list[str] = []
    resumed = end
    for place, (character, gap) in enumerate(zip(text, gaps, strict=True), start=end):
        if place < resumed:
            continue
        parts.append(mark(gap))
        if parts[-1] == STOP:
            break
        if place in skipped:
            resumed = skipped[place]
        else:
            parts.append(character)
    return "".join(parts)


def whole_word(view: View, first: int, end: int) -> bool:
    """Whether a phrase that begins or ends in a letter or digit does not go on in the text: no 0风险 in 100风险."""
    edges = view.written(first, end)
    return not (
        _goes_on(edges[0], view.before(first), digits="0123456789.")
        or _goes_on(edges[-1], view.after(end - 1), digits="0123456789")
    )


def _goes_on(edge: str, beside: str, *, digits: str) -> bool:
    beside = unicodedata.normalize("NFKC", beside)
    if not edge.isascii() or not beside.isascii():
        return False
    return beside in tuple(digits) if edge.isdigit() else beside.isalpha()
