"""Masks a stream of any length, with lines of any length, in constant memory."""

import codecs
from collections import Counter
from collections.abc import Callable

from services.compliance.masking.detector import LONGEST, find
from services.compliance.masking.masker import Masker
from services.compliance.masking.values import Finding, Kind

CHUNK_BYTES = 1 << 18
_LONGEST_GROUP = 64
_BINDING = ":： "
"""What is looked at before something is found that begins behind it."""


def mask_stream(
    read: Callable[[int], bytes], write: Callable[[bytes], object], masker: Masker, *, chunk_bytes: int = CHUNK_BYTES
) -> Counter[Kind]:
    """Mask the UTF-8 text that `read` gives until it gives nothing, and return how much of which kind was found.

    Whole lines are written as soon as they are there. Of a line that has no end yet, the last `LONGEST` characters wait for
    what follows. Bytes that are no UTF-8 pass through unchanged.
    """
    window = _Window(masker)
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    while chunk := read(chunk_bytes):
        write(window.add(decoder.decode(chunk)).encode("utf-8", "surrogateescape"))
    write(window.add(decoder.decode(b"", final=True), final=True).encode("utf-8", "surrogateescape"))
    return window.counts


class _Window:
    """The text that is not written yet, behind a little that is and that still tells what its neighbours mean."""

    def __init__(self, masker: Masker) -> None:
        self.counts: Counter[Kind] = Counter()
        self._masker = masker
        self._text = ""
        self._written = 0
        self._floor = 0

    def add(self, text: str, *, final: bool = False) -> str:
        """Take more text in; returns what can be written, masked."""
        self._text += text
        cut = len(self._text) if final else _cut(self._text, self._written)
        if cut <= self._written:
            return ""
        found = [finding for finding in find(self._text, self._written, self._floor) if finding.start < cut]
        if found:
            self._floor = found[-1].end
            cut = max(cut, self._floor)
        self.counts.update(finding.kind for finding in found)
        ready = self._text[self._written : cut]
        ready = self._masker.write(ready, [_moved(finding, -self._written) for finding in found])
        self._forget(cut)
        return ready

    def _forget(self, cut: int) -> None:
        kept = max(cut - LONGEST, 0)
        self._text = self._text[kept:]
        self._written = cut - kept
        self._floor = max(self._floor - kept, 0)


def _cut(text: str, written: int) -> int:
    """The end of the last whole line, or a place far enough from the end, not within what is read together."""
    line = text.rfind("\n", written) + 1
    if line:
        return line
    cut = len(text) - LONGEST
    for place in range(cut, max(cut - _LONGEST_GROUP, written), -1):
        if not text[place - 1].isdecimal() and text[place - 1] not in _BINDING:
            return place
    return cut


def _moved(finding: Finding, by: int) -> Finding:
    return finding._replace(start=finding.start + by, end=finding.end + by)
