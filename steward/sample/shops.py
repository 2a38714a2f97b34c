"""Merchants: what is bought, under which merchant category code, through which channel, at what price."""

from dataclasses import dataclass
from math import log
from random import Random

BABY_SHOP = "5641"
"""Children's and infants' wear: nobody shops there but the planted (H16)."""

Purchase = tuple[str, str, int]
"""(merchant category code, channel, fen)"""

# code, share of purchases, median price in yuan, channel
EVERYDAY = (
    ("5411", 24, 62, "card"), ("5812", 17, 68, "app"), ("5814", 14, 24, "app"), ("5499", 9, 18, "app"),
    ("4111", 10, 5, "app"), ("4121", 6, 26, "app"), ("5541", 4, 310, "card"), ("5912", 4, 55, "card"),
    ("5691", 3, 210, "card"), ("7832", 2, 78, "app"), ("7230", 2, 65, "card"), ("5942", 1, 48, "app"),
    ("5977", 1, 180, "card"), ("8062", 1, 160, "card"), ("7997", 1, 220, "card"), ("5311", 1, 260, "card"),
)  # fmt: skip
ONLINE = (
    ("5262", 60, 89, "online"), ("5732", 8, 420, "online"), ("5691", 14, 160, "online"), ("5977", 8, 150, "online"),
    ("5712", 3, 560, "online"), ("5815", 7, 25, "online"),
)  # fmt: skip
TRAVEL = (
    ("4112", 40, 260, "app"), ("7011", 30, 380, "card"), ("4511", 12, 880, "app"), ("7991", 12, 120, "app"),
    ("4722", 6, 1_500, "app"),
)  # fmt: skip
OLDER = (
    ("5411", 44, 42, "card"), ("5499", 22, 20, "card"), ("5912", 16, 70, "card"), ("8062", 8, 150, "card"),
    ("4111", 6, 4, "card"), ("5812", 4, 60, "card"),
)  # fmt: skip
POOL = 2_048


@dataclass(frozen=True, slots=True)
class Shops:
    """Ready-made purchases to draw from: drawing is cheap, composing is not."""

    everyday: tuple[Purchase, ...]
    online: tuple[Purchase, ...]
    travel: tuple[Purchase, ...]
    older: tuple[Purchase, ...]


def shops(seed: int) -> Shops:
    """The bank's merchants, the same for every block."""
    rng = Random(f"shops:{seed}")
    return Shops(_pool(rng, EVERYDAY), _pool(rng, ONLINE), _pool(rng, TRAVEL), _pool(rng, OLDER))


def _pool(rng: Random, merchants: tuple[tuple[str, int, int, str], ...]) -> tuple[Purchase, ...]:
    chosen = rng.choices(merchants, [share for _, share, _, _ in merchants], k=POOL)
    return tuple((mcc, channel, _price(rng, median)) for mcc, _, median, channel in chosen)


def _price(rng: Random, median: int) -> int:
    price = rng.lognormvariate(log(median), 0.55)
    fen = int(price * 100)
    return max(100, fen if rng.random() < 0.6 else fen // 100 * 100)
