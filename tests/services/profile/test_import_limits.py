"""Bulk import: workbooks and GB18030, rows of an earlier day, and what accounts, currencies and spreadsheets forbid."""

from datetime import date, timedelta

import polars as pl
import pytest
from openpyxl import Workbook

from services.profile.actions.change import change_customer
from services.profile.actions.register import Registration, register_customer
from services.profile.importing import ImportReport, import_directory
from services.profile.importing.checking import PROBLEMS
from services.profile.importing.report import ProblemFile
from services.profile.vault import Identity, Vault
from tests.services.profile.builders import KEYSET, NOW, PRODUCTS, account_row, balance_row, customer_row, resident_id, write


def found(report):
    return [(problem.file, problem.line, problem.field, problem.rule) for problem in report.problems]


def workbook(path, *rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


async def test_workbooks_give_days_from_serial_numbers_and_refuse_numbers_that_lost_digits(database, tmp_path):
    folder = write(tmp_path, products=PRODUCTS)
    header = ["customer_no", "name", "id_type", "id_number", "birth_date", "sex", "branch", "opened_on"]
    good = ["C1", "王小明", "resident_id", resident_id(), date(1990, 3, 7), "m", 1, 43952]
    workbook(folder / "customers.xlsx", header, good, ["C2", "王大明", "resident_id", 1.10101199003071e17, *good[4:]])
    report = await import_directory(database, folder, now=NOW, keyset=KEYSET)
    assert found(report) == [("customers.xlsx", 3, "id_number", "digits-lost")]
    row = await database.pool.fetchrow("SELECT birth_date, branch, opened_on FROM customer")
    assert tuple(row) == (date(1990, 3, 7), "1", date(2020, 5, 1))


async def test_a_file_that_is_no_workbook_is_named(database, tmp_path):
    (tmp_path / "customers.xlsx").write_bytes(b"PK no workbook")
    assert found(await import_directory(database, tmp_path, now=NOW, keyset=KEYSET)) == [
        ("customers.xlsx", 0, "", "file-unreadable")
    ]


async def test_gb18030_is_read_and_its_broken_lines_are_named(database, tmp_path):
    folder = write(tmp_path, customers=[customer_row("C1", name="王小明"), customer_row("C2", name="王大明")])
    lines = (folder / "customers.csv").read_text(encoding="utf-8").encode("gb18030").split(b"\n")
    lines[2] = lines[2].replace("王".encode("gb18030"), b"\xff\xff")
    (folder / "customers.csv").write_bytes(b"\n".join(lines))
    report = await import_directory(database, folder, now=NOW, keyset=KEYSET, encoding="gb18030")
    assert (found(report), report.of("customers").created) == ([("customers.csv", 3, "", "encoding")], 1)


@pytest.mark.parametrize("kind", ["balances", "customers"])
async def test_rows_of_an_earlier_day_that_come_later_change_nothing(database, tmp_path, kind):
    async def loaded(value, dated):
        balances = [balance_row("2026-01-01", value)]
        folder = write(
            tmp_path / value,
            products=PRODUCTS,
            customers=[customer_row(branch=f"B{value}")],
            accounts=[account_row()],
            balances=balances,
        )
        return (await import_directory(database, folder, now=NOW, keyset=KEYSET, dated=dated)).of(kind)

    await loaded("5", date(2026, 2, 5))
    assert (await loaded("3", date(2026, 2, 3))).outdated == 1
    assert await database.pool.fetchrow("SELECT fen, branch FROM balance, customer") == (500, "B5")
    assert (await loaded("7", date(2026, 2, 7))).changed == 1
    assert await database.pool.fetchrow("SELECT fen, branch FROM balance, customer") == (700, "B7")


async def test_what_staff_registered_and_changed_stands_against_files_of_earlier_days(database, tmp_path):
    vault, today = Vault(KEYSET), NOW.date()
    identity = Identity("none", "王小明")
    registration = Registration("C1", identity, date(1990, 1, 1), "f", "B1", date(2020, 1, 1))
    async with database.begin() as session:
        customer_id = await register_customer(session, registration=registration, vault=vault, today=today - timedelta(days=9))

    async def branch_after(branch, days_ago):
        folder = write(tmp_path / branch, customers=[customer_row(branch=branch)])
        await import_directory(database, folder, now=NOW, keyset=KEYSET, dated=today - timedelta(days=days_ago))
        return await database.pool.fetchval("SELECT branch FROM customer")

    assert await branch_after("B2", 10) == "B1"
    assert await branch_after("B3", 8) == "B3"
    async with database.begin() as session:
        await change_customer(session, customer_id=customer_id, changes={"branch": "B4"}, vault=vault, today=today)
    assert await branch_after("B5", 1) == "B4"
    assert await branch_after("B6", 0) == "B6"


async def test_accounts_currencies_and_regions_refuse_what_cannot_be(load):
    stranger = resident_id()
    stranger = next(
        f"999999{stranger[6:17]}{digit}"
        for digit in "0123456789X"
        if (1 - 2 * int(f"999999{stranger[6:17]}", 13)) % 11 == "0123456789X".index(digit)
    )
    report = await load(
        customers=[customer_row(), customer_row("C2", id_type="resident_id", name="王小明", id_number=stranger)],
        accounts=[account_row(closed_on="2026-01-05"), account_row("A2", currency="XXX"), account_row("A3", product_code="LOAN")],
        balances=[balance_row("2026-01-06", "1"), balance_row("2026-01-04", "-1"), balance_row("2026-01-04", "-1", "A3")],
    )
    assert found(report) == [
        ("customers.csv", 3, "id_number", "region-code-unknown"),
        ("accounts.csv", 3, "currency", "currency-not-configured"),
        ("balances.csv", 2, "day", "account-closed"),
        ("balances.csv", 3, "balance", "balance-negative"),
    ]
    assert report.of("balances").created == 1


async def test_columns_that_nothing_reads_are_named_but_not_where_they_look_like_data(database, tmp_path):
    write(tmp_path, products=[{**row, "risklevel": "R1", "13800000000": "x", "=1+1": ""} for row in PRODUCTS])
    file = tmp_path / "problems.csv"
    report = await import_directory(database, tmp_path, now=NOW, keyset=KEYSET, report=file)
    assert [field for *_, field, rule in found(report) if rule == "column-unknown"] == ["risklevel", "column 6", "column 7"]
    assert (report.of("products").created, report.refused) == (len(PRODUCTS), 0)
    text = file.read_text()
    assert "risklevel,column-unknown," in text
    assert "13800000000" not in text
    assert "1+1" not in text


def test_a_cell_of_the_report_that_a_spreadsheet_would_take_for_a_formula_gets_a_quote(tmp_path):
    report = ImportReport()
    with ProblemFile(report, tmp_path / "problems.csv") as problems:
        problems.add("=cmd.csv", pl.DataFrame([(2, "-field", "@rule", "\tfix")], schema=PROBLEMS, orient="row"))
    assert (tmp_path / "problems.csv").read_text().splitlines()[1] == "'=cmd.csv,2,'-field,'@rule,'\tfix"
