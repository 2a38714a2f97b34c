"""Finding many literal phrases at once, at the speed of memory: a hyperscan database over UTF-16 code units."""

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import hyperscan

from services.compliance.scanning.rules.folding import Units

_UNIT = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """Phrase number `phrase` stands at the code units from `first` up to `end`, end exclusive."""

    first: int
    end: int
    phrase: int


class Matcher:
    """Literal phrases, compiled. Finds every place of every phrase, also inside one another.

    One scan at a time runs in a matcher, since hyperscan's scratch space belongs to one; others wait.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        self._lengths = [len(phrase) for phrase in phrases]
        self._lock = threading.Lock()
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK) if phrases else None
        if self._database is not None:
            self._database.compile(
                expressions=[_literal(phrase) for phrase in phrases],
                ids=list(range(len(phrases))),
                elements=len(phrases),
                flags=hyperscan.HS_FLAG_DOTALL,
            )

    def hits(self, units: Units, *, most: int) -> list[Hit]:
        """The first `most + 1` places in the order of their ends; more than `most` means that there may be others."""
        found: list[Hit] = []

        def on_match(phrase: int, _: int, end: int, __: int, ___: object) -> bool | None:
            # a match that begins in the middle of a code unit is none
            if end % _UNIT == 0:
                last = end // _UNIT
                found.append(Hit(last - self._lengths[phrase], last, phrase))
            return len(found) > most or None

        if self._database is not None and units.size:
            with self._lock, contextlib.suppress(hyperscan.ScanTerminated):
                self._database.scan(units.tobytes(), match_event_handler=on_match)
        return found


def _literal(phrase: str) -> bytes:
    # the literal API of hyperscan refuses zero bytes, which every ASCII letter has here
    return b"".join(b"\\x%02x" % byte for byte in phrase.encode("utf-16-le"))
