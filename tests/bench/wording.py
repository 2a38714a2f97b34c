"""How fast texts are judged: 2,000 phrases, made up, against made-up Chinese, on one core.

python -m tests.bench.wording
"""

import dataclasses
import random
import time

from services.compliance.scanning.lexicon import shipped
from services.compliance.scanning.rules.scanner import Scanner
from services.compliance.scanning.rules.values import Lexicon

PHRASES = 2_000
GOAL_MB_PER_SECOND = 100.0
TEXT_CHARACTERS = 20_000
PLANTED_EVERY = 4_000
_LETTERS = 3_000
_MARKS = "，。、：  “”0123456789%"


def made_up(seed: int, texts: int) -> tuple[Lexicon, list[str]]:
    """A lexicon of 2,000 phrases of 2 to 8 characters, one in twenty with a digit in front, and texts of 20,000 characters.

    The texts' characters are as unevenly frequent as in Chinese (Zipf), a sixth are punctuation, blanks and digits. A phrase,
    half of them torn by blanks, is planted about every 4,000 characters, and half of those follow a negation.
    """
    chance = random.Random(seed)
    letters = chance.sample([chr(code) for code in range(0x4E00, 0x9FA6)], _LETTERS)
    weights = [1 / (rank + 3) for rank in range(_LETTERS)]
    phrases: dict[str, None] = {}
    while len(phrases) < PHRASES:
        front = str(chance.randint(0, 9)) if len(phrases) % 20 == 0 else ""
        phrases[front + "".join(chance.choices(letters, k=chance.randint(2, 8)))] = None
    packaged = shipped().lexicon
    wording = dataclasses.replace(packaged.wordings[0], phrases=frozenset(phrases))
    lexicon = dataclasses.replace(packaged, wordings=(wording,), harmless=frozenset(), requirements=())
    long = [phrase for phrase in phrases if len(phrase) > 3]
    return lexicon, [_text(chance, letters, weights, long) for _ in range(texts)]


def _text(chance: random.Random, letters: list[str], weights: list[float], phrases: list[str]) -> str:
    total = sum(weights)
    pool, shares = [*letters, *_MARKS], [*weights, *[total / 5 / len(_MARKS)] * len(_MARKS)]
    parts: list[str] = []
    for _ in range(TEXT_CHARACTERS // PLANTED_EVERY):
        parts += chance.choices(pool, shares, k=PLANTED_EVERY)
        joint = chance.choice(["", " "])
        parts += [chance.choice(["", "不承诺"]), joint.join(chance.choice(phrases)), "。"]
    return "".join(parts)


def megabytes_per_second(*, seconds: float, rounds: int, seed: int = 1) -> float:
    """UTF-8 megabytes a second through the whole scanner, folding, places and negation included; the median of rounds."""
    lexicon, texts = made_up(seed, 100)
    scanner = Scanner(lexicon)
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    found = sum(len(scanner.scan(text).findings) for text in texts)
    if not found:
        raise AssertionError("nothing was found in texts with phrases in them")
    rates: list[float] = []
    for _ in range(rounds):
        begun, done = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds:
            for text in texts:
                scanner.scan(text)
            done += 1
        rates.append(done * megabytes / (time.perf_counter() - begun))
    return sorted(rates)[len(rates) // 2]


if __name__ == "__main__":
    print(f"{megabytes_per_second(seconds=1.0, rounds=5):.0f} MB/s, goal {GOAL_MB_PER_SECOND:.0f}")
