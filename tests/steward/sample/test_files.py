"""The files: the same seed gives the same bytes, memory does not grow, an earlier bank is replaced."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from steward.sample import MAX_CUSTOMERS, generate
from tests.steward.sample.book import KINDS, read
from tests.steward.sample.conftest import AS_OF

MEASURE = """
import resource, sys
from datetime import date
from pathlib import Path
from steward.sample import bank
bank.BLOCK = 250
bank.generate(Path(sys.argv[1]), customers=int(sys.argv[2]), seed=1, as_of=date(2026, 3, 18))
status = Path("/proc/self/status")
if status.exists():  # on Linux, ru_maxrss begins with the peak of the process that started this one
    print(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")))
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for folder, seed in (("one", 5), ("two", 5), ("other", 6)):
        generate(tmp_path / folder, customers=120, seed=seed, as_of=AS_OF, file_format="csv")
    for kind in (*KINDS, "truth"):
        one, two, other = ((tmp_path / folder / f"{kind}.csv").read_bytes() for folder in ("one", "two", "other"))
        assert one == two, kind
        assert kind == "products" or one != other, kind


def test_csv_and_parquet_hold_the_same_rows(tmp_path: Path) -> None:
    generate(tmp_path / "csv", customers=60, seed=5, as_of=AS_OF, file_format="csv")
    generate(tmp_path / "parquet", customers=60, seed=5, as_of=AS_OF)
    for kind, frame in read(tmp_path / "parquet", AS_OF).tables.items():
        text = frame.with_columns(pl.selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S%:z")).with_columns(
            pl.all().cast(pl.String)
        )
        written = pl.read_csv(tmp_path / "csv" / f"{kind}.csv", infer_schema=False)
        assert_frame_equal(written, text)


def test_times_carry_their_zone(tmp_path: Path) -> None:
    generate(tmp_path, customers=60, seed=5, as_of=AS_OF, file_format="csv")
    at = pl.read_csv(tmp_path / "behaviour.csv", infer_schema=False)["at"]
    assert at.str.ends_with("+08:00").all()


def test_more_than_one_block_makes_part_files_and_one_makes_a_file(tmp_path: Path, made) -> None:
    assert sorted(path.name for path in (made.out / "transactions").iterdir()) == ["part-00000.parquet", "part-00001.parquet"]
    generate(tmp_path, customers=40, seed=5, as_of=AS_OF)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*(f"{kind}.parquet" for kind in KINDS), "truth.csv"])


def test_an_earlier_bank_in_the_folder_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "part-00000.parquet").write_bytes(b"old")
    (tmp_path / "notes.txt").write_text("mine")
    generate(tmp_path, customers=40, seed=5, as_of=AS_OF, file_format="csv")
    first = (tmp_path / "truth.csv").read_bytes()
    generate(tmp_path, customers=40, seed=5, as_of=AS_OF, file_format="csv")
    assert (tmp_path / "truth.csv").read_bytes() == first
    assert not (tmp_path / "accounts").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_progress_is_told_block_by_block(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    generate(tmp_path, customers=30, seed=5, as_of=AS_OF, progress=lambda *step: told.append(step))
    assert told == [("customers", 30, 30)]


@pytest.mark.parametrize("customers", [0, MAX_CUSTOMERS + 1])
def test_a_number_of_customers_that_cannot_be_served_is_refused(tmp_path: Path, customers: int) -> None:
    with pytest.raises(ValueError, match="customers must be between"):
        generate(tmp_path, customers=customers, seed=1, as_of=AS_OF)


def test_a_day_outside_the_known_calendars_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="as_of must be between"):
        generate(tmp_path, customers=1, seed=1, as_of=date(2009, 12, 31))


def test_one_customer_is_a_bank_too(tmp_path: Path) -> None:
    assert generate(tmp_path, customers=1, seed=1, as_of=AS_OF).rows["customers"] == 1


def test_memory_does_not_grow_with_the_customers(tmp_path: Path) -> None:
    peaks = [_peak(tmp_path / str(customers), customers) for customers in (250, 1_750)]
    assert peaks[1] < peaks[0] * 1.25


def _peak(out: Path, customers: int) -> int:
    command = [sys.executable, "-c", MEASURE, str(out), str(customers)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3], timeout=60)
    return int(done.stdout)
