"""Where two logs part: naming the positions, as far as what there is to compare with allows."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from services.compliance.audit_tree.rules.hashing import root_of
from services.compliance.audit_tree.rules.lines import PRUNED, leaf_of
from services.compliance.audit_tree.rules.tiles import TILE

_NAMED = 10


def changed_blocks(lines: Iterable[bytes], nodes: Sequence[bytes], *, first: int, size: int) -> list[range]:
    """The blocks of 256 entries from position `first` to `size` (not included) whose hash is not the stored node's."""
    found: list[range] = []
    block: list[bytes] = []
    for position, line in enumerate(lines):
        block.append(leaf_of(line))
        if len(block) < TILE:
            continue
        index, past = position // TILE, position + 1
        if first < past <= size and index < len(nodes) and root_of(block) != nodes[index]:
            found.append(range(past - TILE, past))
        block = []
    return found


def misplaced(lines: Iterable[bytes]) -> list[int]:
    """Positions at which a line stands that says another position, or is no entry."""
    return [
        position for position, line in enumerate(lines) if not line.startswith(PRUNED) and _body(line).get("position") != position
    ]


def changes(before: Iterable[bytes], now: Iterable[bytes]) -> dict[str, list[int]]:
    """What happened between an earlier export and this one, by kind: positions of `now`, for deleted entries of `before`.

    Entries are known again by their event ids, so that a gap that was closed does not look like a change of all that follows.
    """
    old, new, edited = _parted(before, now)
    common = [event for event in old if event in new]
    places = sorted(new[event] for event in common)
    moved = [new[event] for event, place in zip(common, places, strict=True) if new[event] != place]
    last = places[-1] if places else min(old.values(), default=0)
    return {
        "edited": edited,
        "deleted": [place for event, place in old.items() if event not in new],
        "inserted": [place for event, place in new.items() if event not in old and place <= last],
        "reordered": sorted(moved),
    }


def _parted(before: Iterable[bytes], now: Iterable[bytes]) -> tuple[dict[str, int], dict[str, int], list[int]]:
    """Event ids by position from the first difference on, of both; and where the same event has other bytes."""
    old: dict[str, int] = {}
    new: dict[str, int] = {}
    edited = []
    for position, (was, is_) in enumerate(zip_longest(before, now)):
        same = was is not None and is_ is not None and leaf_of(was) == leaf_of(is_)
        if same or (was is None and not old):
            continue
        old_id = None if was is None else _event(was, position)
        new_id = None if is_ is None else _event(is_, position)
        if old_id is not None and old_id == new_id:
            edited.append(position)
            continue
        if old_id is not None:
            old[old_id] = position
        if new_id is not None:
            new[new_id] = position
    return old, new, edited


def _event(line: bytes, position: int) -> str:
    """The event's id; its place for a line that tells none."""
    return str(_body(line).get("event_id", f"at {position}"))


def _body(line: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def named(positions: Sequence[int]) -> str:
    """`300`, `300, 301`, `256 to 511`; the first ten stretches of them."""
    stretches = list(_stretches(positions))
    told = ", ".join(str(one[0]) if len(one) == 1 else f"{one[0]} to {one[-1]}" for one in stretches[:_NAMED])
    more = sum(len(one) for one in stretches[_NAMED:])
    return f"{told} and {more} more" if more else told


def _stretches(positions: Sequence[int]) -> Iterator[range]:
    start = previous = None
    for position in sorted(positions):
        if previous is None or start is None:
            start = position
        elif position != previous + 1:
            yield range(start, previous + 1)
            start = position
        previous = position
    if start is not None and previous is not None:
        yield range(start, previous + 1)
