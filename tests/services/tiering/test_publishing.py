"""What a policy must fulfil before it may decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tiering import publishing
from services.tiering.document import DocumentMalformed, digest, parse
from services.tiering.publishing import check
from tests.services.tiering.builders import changed, document, table


def row(number, **cells):
    return lambda made: table(made)["rules"][number - 1].update(cells)


def refused(rule, made):
    with pytest.raises(rule) as caught:
        check(parse(made), made)
    return caught.value


@pytest.mark.parametrize("name", ["cny", "czk"])
def test_the_policies_that_come_with_the_service_pass(name):
    made = document(name)
    check(parse(made), made)


@pytest.mark.parametrize(
    "cell",
    [
        ">> 5", "> abc", '"x"', "> 5 or", "> 5.5", "> 'a'", "true", "-", "null", "$root.secret > 1", "assets_90_fen > 1",
        "> 99999999999999999999", "len($) > 1", "> 7 -5",
    ],
)  # fmt: skip
def test_a_cell_that_does_not_fit_its_column_is_refused_by_row_and_column(cell):
    error = refused(publishing.CellInvalid, changed(row(1, assets=cell)))
    assert error.field == "document.table.row 1.assets_90_fen"
    assert "row 1, column 'assets_90_fen'" in error.detail


def test_a_cell_that_holds_for_nobody_is_refused():
    error = refused(publishing.CellInvalid, changed(row(3, growth="> 5 and < 3")))
    assert "holds for no value" in error.detail
    assert error.field == "document.table.row 3.growth_180_bp"


@pytest.mark.parametrize("cell", ['"retired"', "'retired', 'family'", "not in ['child']"])
def test_a_column_of_codes_takes_codes_of_the_contract(cell):
    def life_stage(made):
        table(made)["inputs"][2]["field"] = "life_stage"
        table(made)["rules"][2]["growth"] = cell

    made = changed(life_stage)
    check(parse(made), made)


@pytest.mark.parametrize("cell", ['"pensioner"', "retired", "> 3", "'retired' or true"])
def test_a_column_of_codes_refuses_what_is_no_code(cell):
    def life_stage(made):
        table(made)["inputs"][2]["field"] = "life_stage"
        table(made)["rules"][2]["growth"] = cell

    assert refused(publishing.CellInvalid, changed(life_stage)).field == "document.table.row 3.life_stage"


def test_a_table_without_an_else_row_is_refused():
    error = refused(publishing.ElseRowMissing, changed(row(4, assets="> 0")))
    assert "row 4" in error.detail
    refused(publishing.OutputMissing, changed(lambda made: table(made)["rules"].pop()))


@pytest.mark.parametrize("hole", ["", "vip", '"gold"', '"vip" + "x"', "''"])
def test_a_row_without_a_tier_is_a_hole(hole):
    error = refused(publishing.OutputMissing, changed(row(2, tier=hole)))
    assert error.field == "document.table.row 2.tier"


def test_a_row_without_a_reason_is_a_hole():
    assert refused(publishing.OutputMissing, changed(row(1, reason=""))).field == "document.table.row 1.reason"


def test_a_tier_that_no_row_gives_is_a_hole():
    error = refused(publishing.OutputMissing, changed(row(3, tier='"vip"')))
    assert "potential" in error.detail


def test_a_reason_without_a_text_in_both_languages_is_refused():
    refused(publishing.ReasonUnexplained, changed(lambda made: made["texts"].pop("vip.assets")))
    refused(publishing.ReasonUnexplained, changed(row(2, reason='"vip.assets"')))
    error = refused(DocumentMalformed, changed(lambda made: made["texts"]["vip.assets"].pop("zh")))
    assert error.field == "document.texts.vip.assets.zh"


def test_a_row_behind_one_that_takes_everything_is_refused():
    assert "row 2" in refused(publishing.RowNeverFires, changed(row(1, assets=""))).detail
    shadowed = refused(publishing.RowNeverFires, changed(row(3, contribution=">= 2000000", growth="")))
    assert "potential.growth" in shadowed.detail


def test_any_other_hit_policy_is_refused():
    refused(publishing.HitPolicyNotFirst, changed(lambda made: table(made).update(hitPolicy="collect")))


def test_a_column_that_reads_no_known_fact_is_refused_and_so_is_a_second_one_of_the_same():
    unknown = refused(publishing.ColumnUnknown, changed(lambda made: table(made)["inputs"][0].update(field="salary")))
    assert unknown.field == "document.table.inputs.salary"
    refused(publishing.ColumnUnknown, changed(lambda made: table(made)["inputs"][0].update(field="growth_180_bp")))
    refused(publishing.ColumnUnknown, changed(lambda made: table(made)["inputs"][0].update(id="growth")))


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.update(currency="yuan"),
        lambda made: made.pop("table"),
        lambda made: made["table"]["edges"][0].update(targetId="decision"),
        lambda made: made["table"]["nodes"][2].update(type="inputNode"),
        lambda made: table(made)["rules"][0].update(assets=50),
        lambda made: table(made).update(rules=[]),
    ],
)
def test_a_document_of_another_shape_is_refused(change):
    made = changed(change)
    with pytest.raises(DocumentMalformed):
        check(parse(made), made)


@given(st.text(max_size=30))
def test_no_cell_whatever_passes_unless_the_engine_evaluates_it(cell):
    made = changed(row(1, assets=cell))
    try:
        check(parse(made), made)
    except (publishing.CellInvalid, publishing.RowNeverFires):
        return
    verdicts = {
        publishing.evaluator(made)({"assets_90_fen": n, "contribution_fen": 0, "growth_180_bp": 0}) for n in range(-2, 12)
    }
    assert None not in verdicts


def test_the_digest_does_not_depend_on_the_order_of_keys():
    made = document()
    assert digest(made) == digest(dict(reversed(made.items())))
    assert digest(made) != digest(changed(row(1, assets="> 60000000")))
