"""Detection and measures scored against the truth that the sample bank carries."""

import csv
from collections import defaultdict
from datetime import date
from fractions import Fraction

import pytest

from contracts.values import SignalKind
from services.profile.importing import import_directory
from services.profile.measuring import compute
from steward.sample import generate
from tests.services.profile.builders import KEYSET, NOW

AS_OF = date(2026, 2, 28)
LEAST = Fraction(95, 100)


@pytest.fixture
def truth(tmp_path):
    generate(tmp_path, customers=1000, seed=11, as_of=AS_OF)
    with (tmp_path / "truth.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


async def test_signals_are_found_where_they_were_planted_and_nowhere_else(database, truth, tmp_path):
    report = await import_directory(database, tmp_path, now=NOW, keyset=KEYSET)
    assert (report.problems, report.last_day) == ([], AS_OF)
    run = await compute(database, as_of=AS_OF)
    assert run.customers == run.published == 1000

    planted, decoys, found = defaultdict(set), defaultdict(set), defaultdict(set)
    for row in truth:
        {"signal": planted, "decoy": decoys}.get(row["kind"], defaultdict(set))[row["label"]].add(row["customer_no"])
    for row in await database.pool.fetch("SELECT s.kind, c.customer_no FROM signal s JOIN customer c ON c.id = s.customer_id"):
        found[row["kind"]].add(row["customer_no"])
    for kind in SignalKind:
        right = len(planted[kind] & found[kind])
        assert planted[kind], f"nobody was planted with {kind}"
        assert Fraction(right, len(found[kind]) or 1) >= LEAST, f"{kind}: precision"
        assert Fraction(right, len(planted[kind])) >= LEAST, f"{kind}: recall"
        assert not decoys[kind] & found[kind], f"{kind}: a decoy was taken for true"

    measured = await database.pool.fetch(
        "SELECT c.customer_no, m.assets_90, m.growth_180_bp FROM measures m JOIN customer c ON c.id = m.customer_id"
    )
    causes = {row["customer_no"]: row["cause"].partition("=") for row in truth if row["kind"] == "tier"}
    for row in measured:
        name, _, value = causes[row["customer_no"]]
        if name == "assets_90":
            assert row["assets_90"] == round(float(value) * 100)
        if name == "growth_180":
            assert row["growth_180_bp"] == pytest.approx(float(value) * 10_000, abs=1.5)

    again = await compute(database, as_of=AS_OF)
    assert (again.published, again.signals.total()) == (0, 0)
