"""Whether the words around a phrase turn it into its opposite. Works on folded text; breaks are marks in it.

A phrase is turned by a chain of known words that touches it: `不` + `承诺` + 保本, or 保本 + `的` + `都是` + `骗局`. A word that
is not known ends the chain, so that 不用担心保本 turns nothing. Words that turn are counted: 没有不保本 is a promise again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from services.compliance.scanning.rules.values import Grammar

PAUSE = ","
"""A comma: ends a chain before a phrase, and may be crossed once behind 的."""

STOP = "|"
"""The end of a sentence: nothing reaches over it."""

REACH = 24
"""How many folded characters a chain may have."""

_HELD_OPEN = ("的", "者")


class _Kind(Enum):
    NEGATOR = auto()
    PROHIBITION = auto()
    CARRIER = auto()
    FILLER = auto()
    CONNECTOR = auto()
    STOPPER = auto()
    DENIAL = auto()


_TURNING = {_Kind.NEGATOR, _Kind.PROHIBITION, _Kind.DENIAL}
_REACHING = {_Kind.PROHIBITION, _Kind.CARRIER}


@dataclass(frozen=True, slots=True)
class Chain:
    """What a chain before a phrase says.

    `turns` counts the words that turn, `reaches` is whether they hold for an enumeration, `length` is how far the chain
    goes back, `joined` whether a word like 和 begins it.
    """

    turns: int
    reaches: bool
    length: int
    joined: bool


class Negation:
    """The words of a grammar, ready to be looked up. Longer words win: 不仅 before 不."""

    def __init__(self, grammar: Grammar) -> None:
        # a word in two groups counts for the later one
        self._before = _words(
            (grammar.fillers, _Kind.FILLER),
            (grammar.connectors, _Kind.CONNECTOR),
            (grammar.carriers, _Kind.CARRIER),
            (grammar.negators, _Kind.NEGATOR),
            (grammar.prohibitions, _Kind.PROHIBITION),
            (grammar.stoppers, _Kind.STOPPER),
        )
        self._after = _words((grammar.trailers, _Kind.FILLER), (grammar.negators, _Kind.NEGATOR), (grammar.denials, _Kind.DENIAL))
        self._last = frozenset(word[-1] for word in self._before)
        self._first = frozenset(word[0] for word in self._after)
        self._longest = max(len(word) for word in (*self._before, *self._after))

    def may_follow(self, character: str) -> bool:
        """Whether a chain before a phrase can end in a character: cheap, and false for nearly all."""
        return character in self._last

    def may_precede(self, character: str) -> bool:
        """Whether a denial behind a phrase can begin with a character."""
        return character in self._first

    def chain(self, before: str) -> Chain:
        """The chain that ends where the phrase begins; `before` is what stands before it, breaks marked."""
        turns, reaches, joined, end = 0, False, False, len(before)
        while (word := self._ending(before, end)) and self._before[word] is not _Kind.STOPPER:
            kind = self._before[word]
            turns += kind in _TURNING
            reaches = reaches or kind in _REACHING
            joined = kind is _Kind.CONNECTOR
            end -= len(word)
        return Chain(turns, reaches, len(before) - end, joined)

    def denied(self, after: str) -> bool:
        """Whether what stands after a phrase denies it: 是骗局 does, 不是骗局 does not."""
        turns, place, crossed, last = 0, 0, False, ""
        while place < len(after):
            if after[place] == PAUSE and not crossed and last.endswith(_HELD_OPEN):
                crossed, place = True, place + 1
                continue
            last = self._beginning(after, place)
            if not last:
                return False
            kind = self._after[last]
            turns += kind in _TURNING
            if kind is _Kind.DENIAL:
                return turns % 2 == 1
            place += len(last)
        return False

    def _ending(self, text: str, end: int) -> str:
        sizes = range(min(self._longest, end), 0, -1)
        return next((text[end - size : end] for size in sizes if text[end - size : end] in self._before), "")

    def _beginning(self, text: str, place: int) -> str:
        sizes = range(min(self._longest, len(text) - place), 0, -1)
        return next((text[place : place + size] for size in sizes if text[place : place + size] in self._after), "")


def _words(*groups: tuple[frozenset[str], _Kind]) -> Mapping[str, _Kind]:
    return {word: kind for words, kind in groups for word in words}
