"""Values that a policy cannot tell apart: the ranges between the integers that its cells name.

Conditions compare integers with integers only (`publishing` refuses anything else), so two values in one range fulfil
the same cells, and a policy asked about one value of each range has been asked about everybody.
"""

import re
from collections.abc import Iterable, Sequence

_INTEGER = re.compile(r"-?\d+")


def bounds(cells: Iterable[str]) -> list[int]:
    """Where ranges begin: at each integer of the cells, and right after it. Sorted; empty where no cell names any."""
    numbers = {int(number) for cell in cells for number in _INTEGER.findall(cell)}
    return sorted(numbers | {number + 1 for number in numbers})


def representative(number: int, begins: Sequence[int]) -> int:
    """A value in range `number`."""
    if number:
        return begins[number - 1]
    return begins[0] - 1 if begins else 0
