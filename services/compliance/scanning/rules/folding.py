"""One spelling for all spellings: width, case, traditional characters, homophones, separators.

A text becomes an array of UTF-16 code units and goes through one table, so that folding costs the same whatever a text holds.
What is left are Han characters and ASCII letters and digits; every other character is a separator and falls out. The way back
to the text is computed only for texts in which something is found.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from services.compliance.scanning.rules.values import Spelling

Units: TypeAlias = npt.NDArray[np.uint16]

_UNITS = 0x10000
_UTF16 = "utf-16-le"
_FIRST_HAN = 0x3400
_HALF, _FIRST_HALF = 0xFC00, 0xD800
_ZERO = {"\N{IDEOGRAPHIC NUMBER ZERO}": "零"}


def is_han(character: str) -> bool:
    """Whether a character is a Han character of the Basic Multilingual Plane."""
    return "\u3400" <= character <= "\u4dbf" or "\u4e00" <= character <= "\u9fff"


def _counts(character: str) -> bool:
    return (character.isascii() and character.isalnum()) or is_han(character)


def _plain(character: str, spelling: Spelling) -> int:
    if is_han(character):
        return ord(spelling.traditional.get(character, character))
    character = spelling.lookalikes.get(character) or _ZERO.get(character) or character
    kept = [one for one in unicodedata.normalize("NFKC", character).lower() if _counts(one)]
    return ord(spelling.traditional.get(kept[0], kept[0])) if len(kept) == 1 else 0


class Folding:
    """The two tables of a spelling: `plain` keeps homophones apart, `heard` folds them too."""

    def __init__(self, spelling: Spelling) -> None:
        self._spelling = spelling
        self.plain: Units = np.fromiter((_plain(chr(code), spelling) for code in range(_UNITS)), np.uint16, _UNITS)
        self.heard: Units = _through(self.plain, spelling.homophones)

    def of(self, text: str) -> "Folded":
        """The text, folded."""
        raw: Units = np.frombuffer(text.encode(_UTF16, "surrogatepass"), np.uint16)
        units = self._paired(raw)
        everything = self.heard[units]
        full = everything[everything != 0]
        han = full[full >= _FIRST_HAN]
        return Folded(self, raw, units, everything, full, full if han.size == full.size else han)

    def _paired(self, raw: Units) -> Units:
        """The code units with the first half of each pair replaced by what the pair folds to: 𝟎 by 0, 😀 by nothing."""
        firsts = np.flatnonzero((raw & _HALF) == _FIRST_HALF)
        if not firsts.size:
            return raw
        units = raw.copy()
        for first in firsts.tolist():
            units[first] = _plain(raw[first : first + 2].tobytes().decode(_UTF16, "replace")[0], self._spelling)
        return units

    def word(self, text: str) -> str:
        """A word of a lexicon as it is searched for."""
        return _text(self.of(text).full)

    def written(self, text: str) -> str:
        """The same with homophones kept apart."""
        return _text(_kept(self.plain[self.of(text).units]))


def _through(table: Units, mapping: Mapping[str, str]) -> Units:
    step = np.arange(_UNITS, dtype=np.uint16)
    for character, canonical in mapping.items():
        step[ord(character)] = ord(canonical)
    return step[table]


def _kept(units: Units) -> Units:
    kept: Units = units[units != 0]
    return kept


def _text(units: Units) -> str:
    return units.tobytes().decode(_UTF16)


@dataclass(frozen=True)
class Folded:
    """A folded text: `full` with letters and digits, `han` without them; `everything` has a zero for each separator.

    `raw` are the code units as they came, `units` those that go through the tables, of the same length.
    """

    folding: Folding
    raw: Units
    units: Units
    everything: Units
    full: Units
    han: Units

    @property
    def mixed(self) -> bool:
        """Whether the text holds letters or digits."""
        return self.han is not self.full

    def full_view(self) -> "View":
        """The way back from `full`."""
        return View(self, np.flatnonzero(self.everything))

    def han_view(self) -> "View":
        """The way back from `han`."""
        return View(self, np.flatnonzero(self.everything >= _FIRST_HAN))

    @property
    def astral(self) -> bool:
        """Whether some characters of the text are two code units."""
        return self.units is not self.raw


@dataclass(frozen=True, slots=True)
class View:
    """The way back from a folded text: `index` has the place in `raw` of each folded character."""

    folded: Folded
    index: npt.NDArray[np.intp]

    def written(self, first: int, end: int) -> str:
        """The folded characters from `first` up to `end`, homophones apart; shorter at the edges of the text."""
        return _text(self.folded.folding.plain[self.folded.units[self.index[max(first, 0) : max(end, 0)]]])

    def between(self, left: int, right: int) -> str:
        """What stands in the text between two places in `raw`."""
        return self.folded.raw[left + 1 : right].tobytes().decode(_UTF16, "replace")

    def span(self, first: int, end: int) -> tuple[int, int]:
        """Where the folded characters from `first` up to `end` stand in the text, in code points, end exclusive."""
        return self._point(int(self.index[first])), self._point(int(self.index[end - 1])) + 1

    def _point(self, unit: int) -> int:
        if not self.folded.astral:
            return unit
        return len(self.folded.raw[:unit].tobytes().decode(_UTF16, "surrogatepass"))

    def before(self, first: int) -> str:
        """The character of the text before a folded one; empty at the start."""
        unit = int(self.index[first])
        return chr(self.folded.raw[unit - 1]) if unit else ""

    def after(self, last: int) -> str:
        """The character of the text after a folded one; empty at the end."""
        unit = int(self.index[last]) + 1
        return chr(self.folded.raw[unit]) if unit < self.folded.raw.size else ""
