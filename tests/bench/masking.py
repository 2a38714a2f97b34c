"""Masking against plain regular expressions, and against presidio's recognizers where they are installed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from services.compliance.masking import Audience, Kind, Masker, find
from tests.services.compliance.masking.labelled import Label, document
from tests.services.compliance.masking.scoring import PLAIN, Score, plain_labels, score

FACTS, TRAPS = 1 / 30, 1 / 8
"""One sentence in thirty has personal data, one in eight other numbers: orders, amounts, dates."""


@dataclass(frozen=True)
class Rates:
    """Megabytes of UTF-8 in a second; None for what is not installed."""

    ours: float
    plain: float
    presidio_ours: float
    presidio: float | None
    our_score: Score
    plain_score: Score


def measured(*, sentences: int, rounds: int) -> Rates:
    """All on one text; the best of `rounds`, taken in turns, in seconds of processor time.

    Presidio, much slower, gets a twentieth of the text.
    """
    text, labels = document(1, sentences, facts=FACTS, traps=TRAPS)
    masker = Masker(Audience.OUTSIDE)
    ours, plain = _rates([lambda: masker.text(text), lambda: _plain(text)], len(text.encode()), rounds)
    part, _ = document(2, max(sentences // 20, 200), facts=FACTS, traps=TRAPS)
    recognizers = presidio()
    presidio_ours, presidio_rate = ours, None
    if recognizers is not None:
        runs = [lambda: masker.text(part), lambda: recognizers(part)]
        presidio_ours, presidio_rate = _rates(runs, len(part.encode()), rounds)
    found = [Label(one.kind, one.start, one.end) for one in find(text)]
    scores = score(found, labels, PLAIN), score(plain_labels(text), labels, PLAIN)
    return Rates(ours, plain, presidio_ours, presidio_rate, *scores)


def _plain(text: str) -> str:
    for plain in PLAIN.values():
        text = plain.sub("***", text)
    return text


def _rates(runs: list[Callable[[], object]], size_bytes: int, rounds: int) -> list[float]:
    best = [float("inf")] * len(runs)
    for _ in range(rounds):
        for place, run in enumerate(runs):
            began = time.process_time()
            run()
            best[place] = min(best[place], time.process_time() - began)
    return [size_bytes / 1e6 / seconds for seconds in best]


def presidio() -> Callable[[str], object] | None:
    """Presidio's pattern recognizers: its own for cards and mail addresses, our plain expressions in its class for the rest.

    None if presidio-analyzer is not there: it is no requirement of this project, so install it by hand to see its row.
    """
    if find_spec("presidio_analyzer") is None:
        return None
    from presidio_analyzer import Pattern, PatternRecognizer
    from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, EmailRecognizer

    own = [
        PatternRecognizer(kind.value, patterns=[Pattern(kind.value, PLAIN[kind].pattern, 0.5)])
        for kind in (Kind.IDENTITY_NUMBER, Kind.PHONE, Kind.PLATE)
    ]
    # EmailRecognizer itself asks the network for a list of domains
    mail = PatternRecognizer("EMAIL_ADDRESS", patterns=EmailRecognizer.PATTERNS)
    recognizers = [(one, one.supported_entities[0]) for one in (CreditCardRecognizer(), mail, *own)]
    return lambda text: [recognizer.analyze(text, [entity], None) for recognizer, entity in recognizers]
