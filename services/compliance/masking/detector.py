"""Finds personal data in text (H20). Pure, linear, with bounded steps at each place.

One expression runs over the text at the speed of a scan for digits and @, and stops only where something may be meant:
eleven digits, a letter before digits, a house number after a road's name. Everything else is decided there, with check
digits. Names are looked for after their labels only.
"""

import re

from services.compliance.masking.numbers import is_segment
from services.compliance.masking.policy import shipped_hints
from services.compliance.masking.runs import RUN, SEPARATORS, D, read_long, read_run
from services.compliance.masking.values import Finding, Kind
from services.compliance.masking.words import (
    HOUSE,
    NAME_LABELS_END,
    PROVINCES,
    ROAD,
    read_address,
    read_document,
    read_email,
    read_name,
    read_plate,
)

_LETTER = "A-Za-zＡ-Ｚａ-ｚ"
_WORD = f"{_LETTER}_"
_PAIRS = "(?=(?<=1)[1-9]|(?<=[23])[1-7]|(?<=4)|(?<=5)[0-5]|(?<=6)[0-58]|(?<=7)1|(?<=8)[1-36]|(?<=9)[15])"
"""With which two digits a number of thirteen or more can begin: regions, issuers, the country code."""

_MOBILE = r"[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}"
_ALONE = rf"(?<=[1-9])(?<![{_WORD}.*].)[0-9]{{11,}}+(?![{SEPARATORS}{D}{_WORD}*])"
_IN_PLATE = "[A-HJ-NP-Z0-9 ·•.-]"
_PLATE = "|".join(rf"(?<=[{PROVINCES}][A-HJ-Y]{_IN_PLATE * between}[0-9])" for between in range(4))

# The first item is one character class, so that the engine skips to it without trying anything else. The ways that need a
# decision only, and no reading of separators and widths, come first; what they leave out goes the way of `run`.
_CANDIDATE = re.compile(
    rf"""
    [{D}@＠:：]
    (?: (?<=[{D}]) (?<![{D}].)
        (?: (?=[{D}{SEPARATORS}]{{7}}) (?![0-9]{{7,}}[.][0-9])
            (?: (?<=[1-9]) (?<![{_WORD}.*].)
                (?: (?<=1) (?P<mobile>{_MOBILE}(?![{_WORD}{D}*.%元万亿·]|[{SEPARATORS}][{D}]))
                  | (?P<long>{_PAIRS}[0-9]{{12,17}}[0-9Xx]?(?![{_WORD}{D}*]|[{SEPARATORS}][{D}XxＸｘ]))
                )
              | (?!(?<=2)0|{_ALONE}) (?P<run>{RUN})
              | (?P<eight>[{D}]{{7}}(?![{D}]))
            )
          | (?<=[{_LETTER}].) (?P<code>[{D}]{{6,9}})
          | (?<=[{_LETTER}{_IN_PLATE[1:-1]}].) (?:{_PLATE}) (?P<plate>)
          | (?: (?<=[{ROAD}].) | (?<=[{ROAD}][ ].) ) (?P<house>{HOUSE.replace(" ", "[ ]")})
        )
      | (?<=[@＠:：]) (?: (?<=[@＠]) (?=[A-Za-z0-9]) (?P<at>) | (?<=[{NAME_LABELS_END}].) (?P<label>) )
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_MOBILE_SURE = shipped_hints().confidence_bp.mobile
LONGEST = 2_048
"""Nothing that is found, with all that is looked at before and after it, is longer (characters)."""


def find(text: str, place: int = 0, floor: int = 0) -> list[Finding]:
    """Everything found in `text` from `place` on, in order, without overlaps.

    What stands before `place` is looked at, but belongs to whoever read it; the last thing found there ended at `floor`.
    A line never changes what is found in another.
    """
    found: list[Finding] = []
    search = _CANDIDATE.search
    while (candidate := search(text, place)) is not None:
        finding = _read(text, candidate, floor)
        if finding is None:
            place = candidate.start() + 1
            continue
        while found and found[-1].end > finding.start:  # a mail address that begins with a number
            finding = finding._replace(start=min(finding.start, found.pop().start))
        found.append(finding)
        place = floor = finding.end
    return found


def _read(text: str, candidate: re.Match[str], floor: int) -> Finding | None:
    start, way = candidate.start(), candidate.lastgroup
    if way == "mobile":
        return Finding(Kind.PHONE, start, candidate.end(), _MOBILE_SURE) if is_segment(text[start : start + 3]) else None
    if way == "long":
        return read_long(candidate[0], start)
    if way == "run":
        return read_run(text, start, candidate.end(), floor) or _read_code(text, start, floor)
    if way == "at":
        return read_email(text, start, 0)
    if way == "label":
        return read_name(text, start)
    if way == "house":
        return read_address(text, start, floor)
    if way == "plate":
        return read_plate(text, start, floor)
    return _read_code(text, start, floor)


def _read_code(text: str, start: int, floor: int) -> Finding | None:
    return read_plate(text, start, floor) or read_document(text, start, floor)
