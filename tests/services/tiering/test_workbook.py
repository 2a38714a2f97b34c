"""A policy out as an Excel workbook and in again: nothing lost, every error at its cell."""

from datetime import date
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from contracts.values import RuleBroken
from services.tiering import publishing
from services.tiering.document import DocumentMalformed, digest, parse
from services.tiering.publishing import check
from services.tiering.workbook import (
    WorkbookCellFormula,
    WorkbookCellType,
    WorkbookMalformed,
    located,
    read_workbook,
    write_workbook,
)
from tests.services.tiering.builders import at_once, changed, document, table

DAY = date(2026, 12, 1)


def edited(*edits, made=None):
    """The default policy as a workbook after edits of `(cell, value)`, such as `("Table!B4", "> 5")`."""
    book = load_workbook(BytesIO(write_workbook(made or document(), effective_from=DAY)))
    for place, value in edits:
        sheet, _, cell = place.partition("!")
        book[sheet][cell].value = value
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def refused(rule, *edits):
    with pytest.raises(rule) as caught:
        checked(edited(*edits))
    return caught.value


def checked(content):
    read = read_workbook(content)
    try:
        check(parse(read.document), read.document)
    except RuleBroken as error:
        raise located(error, read.places) from None
    return read


@pytest.mark.parametrize("name", ["cny", "czk"])
def test_the_policies_that_come_with_the_service_come_back_with_the_same_digest(name):
    read = checked(write_workbook(document(name), effective_from=DAY))
    assert (read.document, read.effective_from) == (document(name), DAY)
    assert digest(read.document) == digest(document(name))


def test_a_workbook_that_excel_saved_again_says_the_same():
    assert read_workbook(edited()).document == document()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None)
@given(TEXT, TEXT, TEXT, st.integers(0, 366) | st.none())
def test_whatever_a_policy_says_comes_back_as_it_was(title, words, note, grace):
    def change(made):
        made["title"] = {"zh": title, "en": words, "more": note}
        made["texts"]["vip.assets"] |= {"zh": words, "en": note, "kept": title}
        table(made)["rules"][0] |= {"_description": note, "assets": "== 7"}
        table(made)["inputs"][0]["name"] = title
        made["kept"] = {"deep": [words]}
        if grace is None:
            at_once(made)
        else:
            made["downgrade"]["grace_days"] = grace

    made = changed(change)
    assert read_workbook(write_workbook(made, effective_from=DAY)).document == made


def test_what_a_manager_changes_in_the_workbook_is_what_the_draft_says():
    read = checked(edited(("Table!A4", "> 60000000"), ("Policy!B6", 45), ("Table!D6", "potential")))
    assert table(read.document)["rules"][0]["assets"] == "> 60000000"
    assert read.document["downgrade"] == {"grace_days": 45, "max_steps": 1}


def test_a_new_column_and_a_new_row_need_nothing_but_their_cells():
    def shifted(made):
        made["texts"]["potential.payroll"] = {"zh": "代发", "en": "Payroll", "source": "H17"}

    read = checked(
        edited(
            ("Table!H1", "condition"), ("Table!H2", "payroll"), ("Table!H6", True),
            ("Table!A7", None), ("Table!D7", "potential"), ("Table!E7", "potential.payroll"), ("Table!H7", True),
            ("Table!C6", ">= 3000"), ("Table!D8", "ordinary"), ("Table!E8", "ordinary.everyday"),
            made=changed(shifted),
        )
    )  # fmt: skip
    rows = table(read.document)["rules"]
    assert [row["reason"] for row in rows][-2:] == ['"potential.payroll"', '"ordinary.everyday"']
    assert rows[3]["payroll"] == "true"


@pytest.mark.parametrize(
    ("rule", "place", "value"),
    [
        (publishing.CellInvalid, "Table!A4", ">= thirty"),
        (publishing.CellInvalid, "Table!C6", "> 5 and < 3"),
        (publishing.OutputMissing, "Table!D5", None),
        (publishing.OutputMissing, "Table!D5", "gold"),
        (publishing.ColumnUnknown, "Table!B2", "salary"),
        (publishing.ElseRowMissing, "Table!A7", "> 5"),
        (DocumentMalformed, "Policy!B4", "yuan"),
        (publishing.CurrencyNotConfigured, "Policy!B4", "XTS"),
        (DocumentMalformed, "Policy!B6", 400),
        (DocumentMalformed, "Texts!B2", None),
        (WorkbookCellType, "Policy!B5", "soon"),
        (WorkbookCellType, "Policy!B6", "a month"),
        (WorkbookCellType, "Table!A4", 5.5),
        (WorkbookCellFormula, "Table!A4", "=1+1"),
        (WorkbookCellFormula, "Texts!C3", '=HYPERLINK("x")'),
        (WorkbookMalformed, "Table!A1", "thing"),
        (WorkbookMalformed, "Texts!B1", "chinese"),
        (WorkbookMalformed, "Texts!A3", "vip.assets"),
        (WorkbookMalformed, "Graph!A1", "{}"),
    ],
)
def test_what_is_wrong_is_named_by_sheet_and_cell_and_never_quoted(rule, place, value):
    error = refused(rule, (place, value))
    assert error.field == place
    assert error.detail
    assert str(value) not in error.detail or value is None


def test_a_row_behind_one_that_takes_everything_is_named_by_its_cell():
    assert refused(publishing.RowNeverFires, ("Table!A4", None)).field == "Table!A5"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"version,tier\n1,vip\n"])
def test_what_is_no_workbook_is_refused(content):
    with pytest.raises(WorkbookMalformed):
        read_workbook(content)


def test_a_workbook_without_one_of_its_sheets_is_refused():
    book = load_workbook(BytesIO(edited()))
    del book["Texts"]
    out = BytesIO()
    book.save(out)
    with pytest.raises(WorkbookMalformed) as caught:
        read_workbook(out.getvalue())
    assert caught.value.field == "Texts"
