"""Bulk import: bad lines are named and the rest goes in, the same files again change nothing, later corrections win."""

import csv
import gzip

import orjson
import polars as pl
import pytest

from services.profile.importing import FileUnreadable, import_directory, reading
from services.profile.importing.running import Vault
from tests.services.profile.builders import (
    CARD,
    KEYSET,
    NOW,
    PHONE,
    PRODUCTS,
    account_row,
    balance_row,
    behaviour_row,
    customer_row,
    fact_row,
    resident_id,
    transaction_row,
    write,
)

NAMED = {"id_type": "resident_id", "name": "王小明", "id_number": resident_id(), "phone": PHONE}


async def events(database, subject):
    rows = await database.pool.fetch("SELECT payload FROM outbox WHERE subject = $1 ORDER BY seq", subject)
    return [orjson.loads(row["payload"])["data"] for row in rows]


def found(report):
    return [(problem.file, problem.line, problem.field, problem.rule) for problem in report.problems]


async def test_new_customers_are_registered_as_imported_and_the_same_file_again_changes_nothing(load, database):
    rows = [customer_row("C1", **NAMED, household_no="H1", referral_code="R1"), customer_row("C2", household_no="H1")]
    first, second = await load(customers=rows), await load(customers=rows)
    assert (first.of("customers").created, second.of("customers").unchanged) == (2, 2)
    told = await events(database, "profile.customer.registered.v1")
    assert [(event["version"], event["imported"], event["referral_code"]) for event in told] == [(1, True, "R1"), (1, True, None)]
    assert told[0]["household_id"] == told[1]["household_id"] is not None
    assert await events(database, "profile.customer.changed.v1") == []


async def test_rows_of_every_kind_that_say_the_same_again_are_left_alone(load):
    bank = {
        "customers": [customer_row(**NAMED)],
        "accounts": [account_row(card_no=CARD)],
        "balances": [balance_row("2026-01-01", "1")],
        "transactions": [transaction_row("T1", "2026-01-01", "5", counterparty_account_no="X9")],
        "behaviour": [behaviour_row("E1", "2026-01-01T10:00:00+08:00", "fund")],
        "facts": [fact_row("has_child", "true")],
        "assessments": [{"customer_no": "C1", "assessed_on": "2026-01-01", "level": "C3"}],
    }
    assert {counts.changed for counts in (await load(**bank)).kinds.values()} == {0}
    again = await load(**bank)
    assert {(counts.created, counts.changed, counts.unchanged) for counts in again.kinds.values()} == {
        (0, 0, 1),
        (0, 0, len(PRODUCTS)),
    }


async def test_corrections_win_and_are_published_with_versions_without_holes(load, database):
    await load(customers=[customer_row("C1", **NAMED)])
    await load(customers=[customer_row("C1", **{**NAMED, "branch": "B002"})])
    report = await load(customers=[customer_row("C1", **{**NAMED, "branch": "B002", "name": "王大明"})])
    assert report.of("customers").changed == 1
    told = await events(database, "profile.customer.changed.v1")
    assert [(event["version"], event["branch"]) for event in told] == [(1, "B002"), (2, "B002")]


async def test_an_identity_number_of_somebody_else_is_refused_in_the_file_and_against_the_database(load):
    await load(customers=[customer_row("C1", **NAMED)])
    twin = {**NAMED, "id_number": resident_id(number=2)}
    report = await load(customers=[customer_row("C2", **NAMED), customer_row("C3", **twin), customer_row("C4", **twin)])
    assert found(report) == [
        ("customers.csv", 2, "id_number", "identity-taken"),
        ("customers.csv", 4, "id_number", "identity-taken"),
    ]
    assert report.of("customers").created == 1


async def test_broken_rows_are_named_by_line_field_and_rule_and_the_rest_goes_in(load):
    bad_digit = resident_id()[:-1] + ("1" if resident_id()[-1] != "1" else "2")
    report = await load(
        customers=[
            customer_row("C1"),
            customer_row("C2", birth_date="1990-02-30"),
            customer_row("C3", sex="x", branch=""),
            customer_row("C4", **{**NAMED, "id_number": bad_digit}),
            customer_row("C5", **{**NAMED, "phone": "12"}),
            customer_row("C6", birth_date="2030-01-01", opened_on="2030-01-02"),
        ],
        accounts=[account_row("A1"), account_row("A2", "C9"), account_row("A3", card_no="6228480402564890019")],
        balances=[balance_row("2026-01-01", "1.005"), balance_row("2026-01-01", "12.5"), balance_row("2026-01-02", "5", "A9")],
        transactions=[
            transaction_row("T1", "2026-01-01", "0"),
            transaction_row("T2", "2026-04-01", "1"),
            transaction_row("T3", "2026-01-01", "1", kind="purchase"),
            transaction_row("T4", "2026-01-01", "1", kind="purchase", product_code="NONE"),
            transaction_row("T5", "2026-01-01", "99.99"),
        ],
        facts=[
            fact_row("note", "likes tea"),
            fact_row("note", "11010119900307"),
            fact_row("child_birth_date", "2020-02-30"),
            fact_row("child_university_year", "soon"),
            fact_row("has_child", "true"),
        ],
    )
    assert found(report) == [
        ("customers.csv", 3, "birth_date", "day-form"),
        ("customers.csv", 4, "branch", "missing"),
        ("customers.csv", 4, "sex", "code-unknown"),
        ("customers.csv", 5, "id_number", "id-number-check-digit"),
        ("customers.csv", 6, "phone", "phone-form"),
        ("customers.csv", 7, "birth_date", "birth-date-impossible"),
        ("accounts.csv", 3, "customer_no", "customer-unknown"),
        ("accounts.csv", 4, "card_no", "card-form"),
        ("balances.csv", 2, "balance", "amount-form"),
        ("balances.csv", 4, "account_no", "account-unknown"),
        ("transactions.csv", 2, "amount", "amount-form"),
        ("transactions.csv", 3, "day", "day-in-future"),
        ("transactions.csv", 4, "product_code", "product-missing"),
        ("transactions.csv", 5, "product_code", "product-unknown"),
        ("facts.csv", 2, "value", "fact-value-form"),
        ("facts.csv", 3, "value", "fact-value-form"),
        ("facts.csv", 4, "value", "fact-day-form"),
        ("facts.csv", 5, "value", "fact-year-form"),
    ]
    assert {kind: (counts.created, counts.refused) for kind, counts in report.kinds.items()} == {
        "products": (len(PRODUCTS), 0),
        "customers": (1, 5),
        "accounts": (1, 2),
        "balances": (1, 2),
        "transactions": (1, 4),
        "facts": (1, 4),
    }


async def test_a_later_closing_balance_corrects_an_earlier_one_in_the_file_and_in_the_next(load, database):
    base = {"customers": [customer_row()], "accounts": [account_row()]}
    report = await load(**base, balances=[balance_row("2026-01-01", "1"), balance_row("2026-01-01", "2.50")])
    assert (report.of("balances").created, report.of("balances").repeated) == (1, 1)
    assert await database.pool.fetchval("SELECT fen FROM balance") == 250
    assert found(report) == [("balances.csv", 2, "day", "key-repeated")]
    report = await load(balances=[balance_row("2026-01-01", "3")])
    assert (report.of("balances").changed, await database.pool.fetchval("SELECT fen FROM balance")) == (1, 300)


async def test_lines_that_cannot_be_read_are_named_and_their_neighbours_are_read(database, tmp_path):
    folder = write(tmp_path, products=PRODUCTS, customers=[customer_row("C1")])
    good = (folder / "customers.csv").read_text(encoding="utf-8").splitlines()[1]
    lines = [
        "customer_no,id_type,birth_date,sex,branch,opened_on",
        good,
        good.replace("C1", '"C2'),
        good.replace("C1", "C3") + ",more,fields",
        "",
        good.replace("C1", "C4\xff"),
        good.replace("C1", '"C5"'),
    ]
    (folder / "customers.csv").write_bytes("\r\n".join(lines).encode("latin-1"))
    report = await import_directory(database, folder, now=NOW, keyset=KEYSET)
    assert sorted(found(report)) == [
        ("customers.csv", 3, "", "quotes-unbalanced"),
        ("customers.csv", 4, "", "fields-too-many"),
        ("customers.csv", 6, "", "encoding"),
    ]
    counts = report.of("customers")
    assert (counts.created, counts.refused, counts.read) == (2, 3, 5)


async def test_reports_never_quote_a_value(database, tmp_path):
    folder = write(
        tmp_path / "bank", customers=[customer_row("C1", **{**NAMED, "sex": "x"}), customer_row("C2", name="\x07" + PHONE)]
    )
    await import_directory(database, folder, now=NOW, keyset=KEYSET, report=tmp_path / "report.csv")
    text = (tmp_path / "report.csv").read_text(encoding="utf-8")
    assert [row["line"] for row in csv.DictReader(text.splitlines())] == ["2", "3"]
    for value in (NAMED["id_number"], NAMED["name"], PHONE):
        assert value not in text


async def test_parquet_parts_and_compressed_files_are_taken_like_csv(database, tmp_path):
    folder = write(tmp_path, products=PRODUCTS)
    (folder / "customers").mkdir()
    for part in range(2):
        rows = pl.DataFrame([customer_row(f"C{part}{number}") for number in range(3)])
        rows = rows.with_columns(pl.col("birth_date", "opened_on").str.to_date())
        rows.write_parquet(folder / "customers" / f"part-{part}.parquet")
    with gzip.open(folder / "accounts.csv.gz", "wt", encoding="utf-8") as file:
        file.write("account_no,customer_no,product_code,currency,opened_on\nA1,C00,DEM,CNY,2020-05-01\n")
    report = await import_directory(database, folder, now=NOW, keyset=KEYSET)
    assert (report.of("customers").created, report.of("accounts").created, report.problems) == (6, 1, [])


async def test_a_dry_run_finds_everything_and_leaves_nothing(load, database):
    report = await load(dry_run=True, customers=[customer_row()], accounts=[account_row(), account_row("A2", "C9")])
    assert (report.of("customers").created, report.of("accounts").created) == (1, 1)
    assert found(report) == [("accounts.csv", 3, "customer_no", "customer-unknown")]
    for table in ("customer", "product", "outbox", "load"):
        assert await database.pool.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_an_interrupted_load_goes_on_after_its_last_whole_batch(load, database, monkeypatch, tmp_path):
    monkeypatch.setattr(reading, "BLOCK_BYTES", 1_000)
    rows = [customer_row(f"C{number:04d}") for number in range(200)]
    calls = 0
    new_keys = Vault.new_keys

    def fail_later(self, owners):
        nonlocal calls
        calls += len(owners)
        if calls - len(owners) < 100 <= calls:
            raise ConnectionError
        return new_keys(self, owners)

    monkeypatch.setattr(Vault, "new_keys", fail_later)
    with pytest.raises(ConnectionError):
        await load(customers=rows)
    half = await database.pool.fetchval("SELECT count(*) FROM customer")
    assert 0 < half < 100
    report = await load(customers=rows)
    assert (report.of("customers").read, report.of("customers").created) == (200 - half, 200 - half)
    assert await database.pool.fetchval("SELECT count(*) FROM customer") == 200
    assert len(await events(database, "profile.customer.registered.v1")) == 200
    assert await database.pool.fetchval("SELECT count(*) FROM load") == 0


async def test_a_folder_without_known_files_and_a_header_without_a_column_are_named(database, tmp_path):
    with pytest.raises(FileUnreadable):
        await import_directory(database, tmp_path, now=NOW, keyset=KEYSET)
    (tmp_path / "customers.csv").write_text("customer_no,branch\nC1,B1\n", encoding="utf-8")
    report = await import_directory(database, tmp_path, now=NOW, keyset=KEYSET)
    assert found(report) == [("customers.csv", 0, "", "file-unreadable")]
    assert "birth_date" in report.problems[0].fix


async def test_card_numbers_are_sealed_in_their_account_and_found_by_their_hash(load, database):
    await load(customers=[customer_row()], accounts=[account_row(card_no=CARD)])
    row = await database.pool.fetchrow(
        "SELECT a.*, k.version, k.master_version, k.wrapped FROM account a JOIN data_key k ON k.customer_id = a.customer_id"
    )
    vault = Vault(KEYSET)
    assert row["card_index"] == vault.blinder.index("card", CARD)
    assert CARD.encode() not in row["card_no_sealed"]
