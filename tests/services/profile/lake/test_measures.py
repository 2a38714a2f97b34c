"""The same bank measured by PostgreSQL and by a lake's own engine: the same numbers, to the last fen."""

import json
from datetime import date

import pytest

from services.profile.importing import import_directory
from services.profile.lake.measures import measures
from services.profile.lake.tables import LakeIncomplete, connect, lake_of_folder, lake_of_tables
from services.profile.measuring import compute
from services.profile.measuring.measures import COMPUTED
from services.profile.measuring.policy import measures_policy
from steward.sample import generate
from tests.services.profile.builders import KEYSET, NOW

AS_OF = date(2026, 2, 28)
PAST = date(2025, 12, 31)
POLICY = json.loads(measures_policy())


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lake")
    generate(folder, customers=300, seed=5, as_of=AS_OF, file_format="parquet")
    return folder


@pytest.fixture
async def measured(database, bank):
    """What PostgreSQL measures, by customer number and day."""
    await import_directory(database, bank, now=NOW, keyset=KEYSET)
    found = {}
    for day in (PAST, AS_OF):
        await compute(database, as_of=day)
        rows = await database.pool.fetch(
            f"SELECT customer_no, {COMPUTED.replace('customer_id, ', '')} FROM measures m JOIN customer c ON c.id = m.customer_id"
            " WHERE as_of = $1",
            day,
        )
        found[day] = {row["customer_no"]: {**row, "assets_by_class": json.loads(row["assets_by_class"])} for row in rows}
    return found


def rows(lake, day):
    found = measures(lake, as_of=day, policy=POLICY).to_polars().to_dicts()
    return {row["customer_no"]: {**row, "assets_by_class": json.loads(row["assets_by_class"])} for row in found}


async def test_a_lake_measures_what_postgresql_measures_on_any_day(bank, measured, engine):
    lake = lake_of_folder(engine, bank)
    for day, expected in measured.items():
        assert len(expected) == 300
        assert rows(lake, day) == expected


def test_a_lake_without_one_of_the_tables_is_refused_by_its_name(tmp_path):
    with pytest.raises(LakeIncomplete, match="no table accounts, balances"):
        lake_of_tables(connect(f"duckdb://{tmp_path / 'empty.db'}"))
