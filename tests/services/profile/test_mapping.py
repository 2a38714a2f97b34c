"""Mappings: another bank's files as records of ours, and mistakes in a mapping named by their place."""

from pathlib import Path

import pytest

from services.profile.importing import MappingBroken, import_directory
from services.profile.importing.mapping import read_mapping
from tests.services.profile.builders import KEYSET, NOW

MAPPING = """
bank: small
separator: ";"
encoding: gb18030
complete_until: 2026-01-31
sources:
  people: {file: people.txt}
  accounts: {file: accounts.txt}
constants:
  products:
    - {product_code: DEM, class: demand, currency: CNY}
kinds:
  customers:
    - source: people
      columns:
        customer_no: {column: id, prefix: C}
        id_type: {const: none}
        name: name
        birth_date: {column: born, day: DDMMYYYY}
        sex: {column: sex, codes: {"1": m, "2": f}}
        branch: {column: branch, codes: {NO: north}, otherwise: other}
        opened_on: {column: since, day: YYMMDD, century: 20}
  accounts:
    - source: accounts
      join: [{source: people, key: owner, their: id}]
      where: "kind = 'D'"
      until: opened_on
      columns:
        account_no: number
        customer_no: {sql: 'CONCAT(''C'', "people.id")'}
        product_code: {const: DEM}
        currency: {const: CNY}
        opened_on: {column: opened, day: YYYYMMDD}
"""


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "people.txt").write_bytes(
        "id;name;born;sex;branch;since\n7;王小明;07.03.1990;1;NO;200501\n8;李;31.02.1990;2;X;200501\n".encode("gb18030")
    )
    (tmp_path / "accounts.txt").write_text(
        "number;owner;kind;opened\nA1;7;D;2020-05-01\nA2;7;X;2020-05-01\nA3;7;D;2026-02-01\nA4;9;D;2020-05-01\n", encoding="ascii"
    )
    return tmp_path


async def test_columns_codes_days_joins_and_filters_are_applied_and_problems_keep_their_lines(bank, database):
    report = await import_directory(database, bank, mapping=bank, now=NOW, keyset=KEYSET)
    assert [(problem.file, problem.line, problem.field, problem.rule) for problem in report.problems] == [
        ("people.txt", 3, "birth_date", "day-form"),
        ("accounts.txt", 5, "customer_no", "customer-unknown"),
    ]
    row = await database.pool.fetchrow("SELECT customer_no, birth_date::text, sex, branch, opened_on::text FROM customer")
    assert tuple(row) == ("C7", "1990-03-07", "m", "north", "2020-05-01")
    assert await database.pool.fetchval("SELECT array_agg(account_no) FROM account") == ["A1"]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("prefix: C", "prefiks: C", "kinds.customers.0.columns.customer_no"),
        ("name: name", "nome: name", "unknown columns nome"),
        ("currency: {const: CNY}", "card_no: {const: x}", "missing columns currency"),
        ("source: people, key", "source: persons, key", "unknown sources persons"),
        ("kinds:\n  customers", "kinds:\n  clients", "clients is no kind"),
        ("{const: none}", "{const: none, column: id}", "exactly one of column, const and sql"),
        ("day: DDMMYYYY", "day: DMY", "birth_date"),
        ("bank: small", "bank: [", "cannot be read"),
    ],
)
def test_a_mistake_in_a_mapping_is_named_before_any_file_is_opened(tmp_path, old, new, named):
    (tmp_path / "mapping.yaml").write_text(MAPPING.replace(old, new), encoding="utf-8")
    with pytest.raises(MappingBroken, match=named.replace(".", r"\.")):
        read_mapping(tmp_path)


async def test_an_expression_that_cannot_be_computed_is_named_without_the_value(bank, database):
    broken = MAPPING.replace("branch: {column: branch, codes: {NO: north}, otherwise: other}", "branch: {sql: CAST(name AS INT)}")
    (bank / "mapping.yaml").write_text(broken, encoding="utf-8")
    with pytest.raises(MappingBroken, match="TRY_CAST") as failure:
        await import_directory(database, bank, mapping=bank, now=NOW, keyset=KEYSET)
    assert "王" not in str(failure.value)


async def test_a_column_that_the_file_does_not_have_is_named(bank, database):
    (bank / "mapping.yaml").write_text(MAPPING.replace("name: name", "name: full_name"), encoding="utf-8")
    with pytest.raises(MappingBroken, match="full_name"):
        await import_directory(database, bank, mapping=bank, now=NOW, keyset=KEYSET)
