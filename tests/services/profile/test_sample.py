"""Detection and measures scored against the truth that the sample bank carries."""

import csv
from fractions import Fraction

import pytest

from services.profile.importing import import_directory
from services.profile.measuring import compute
from steward.sample import generate
from tests.services.profile.builders import KEYSET, NOW
from tests.services.profile.scoring import AS_OF, SEED, scores

LEAST = Fraction(95, 100)


@pytest.fixture
def truth(tmp_path):
    generate(tmp_path, customers=1000, seed=SEED, as_of=AS_OF)
    with (tmp_path / "truth.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


async def test_each_rule_finds_who_was_planted_and_nobody_else(database, truth, tmp_path):
    report = await import_directory(database, tmp_path, now=NOW, keyset=KEYSET)
    assert (report.problems, report.last_day) == ([], AS_OF)
    run = await compute(database, as_of=AS_OF)
    assert run.customers == run.published == 1000

    for rule, score in (await scores(database, tmp_path)).items():
        assert score.planted, f"nobody was planted with {rule}"
        assert score.precision >= LEAST, f"{rule}: precision"
        assert score.recall >= LEAST, f"{rule}: recall"
        assert not score.decoys, f"{rule}: a decoy was taken for true"

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
