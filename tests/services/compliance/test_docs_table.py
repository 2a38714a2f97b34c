"""docs/compliance.md says where each rule is decided and which test would fail without it: that it is true."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/compliance.md"
CODE = ROOT / "services/compliance"
TESTS = ROOT / "tests/services/compliance"
_PLACE = re.compile(r"`([\w./-]+\.(?:py|yaml|json))(?::(\w+))?`")
_SLUG = re.compile(r"`([a-z][a-z0-9]*(?:-[a-z0-9]+)*)`")


def rows():
    """The rows of all tables: rule, clause, where in code, test."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] != "rule" and not set(row[0]) <= {"-"}]


@cache
def names_in(path):
    """Functions and classes at the top of a Python file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}


def refusals():
    """The slug of every rule that a class of this service says is broken, as its text declares it."""
    found = set()
    for path in CODE.rglob("*.py"):
        found |= set(re.findall(r'^    rule = "([a-z0-9-]+)"', path.read_text(encoding="utf-8"), re.MULTILINE))
    return found


def wordings():
    """The rules of the lexicon."""
    document = yaml.safe_load((CODE / "policies/wording/lexicon.yaml").read_text(encoding="utf-8"))
    return {section["rule"] for section in (*document["wordings"], *document["requirements"])}


def findings_of_the_gate():
    """The rules of the sales gate's policy."""
    return set(yaml.safe_load((CODE / "policies/suitability/gate.yaml").read_text(encoding="utf-8"))["rules"])


def test_every_row_has_a_rule_a_clause_code_and_a_test():
    assert len(rows()) > 40
    for row in rows():
        assert len(row) == 4
        assert all(row), row[0]
        assert _PLACE.search(row[2]), row[0]
        assert _PLACE.search(row[3]), row[0]


@pytest.mark.parametrize(("column", "folder"), [(2, CODE), (3, TESTS)])
def test_every_place_that_a_row_names_exists(column, folder):
    for row in rows():
        for path, name in _PLACE.findall(row[column]):
            assert (folder / path).is_file(), f"{row[0]}: {path}"
            assert not name or name in names_in(folder / path), f"{row[0]}: {path} has no {name}"
            assert column != 3 or name.startswith("test_"), f"{row[0]}: {path} names no test"


@pytest.mark.parametrize("known", [refusals, wordings, findings_of_the_gate])
def test_every_rule_that_can_be_broken_stands_in_a_table(known):
    told = {slug for row in rows() for slug in _SLUG.findall(row[0])}
    assert len(known()) > 5
    assert known() <= told, f"not in docs/compliance.md: {sorted(known() - told)}"


def test_no_row_names_a_rule_that_nobody_knows():
    told = {slug for row in rows() for slug in _SLUG.findall(row[0])}
    assert told <= refusals() | wordings() | findings_of_the_gate()
