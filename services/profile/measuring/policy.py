"""What comes with the service: thresholds of the measures, signal rules and SQL, read once from the package."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml

from contracts.values import SignalKind
from services.profile.measuring.rules_language import Rule, read_rules

MAJOR, FEN = "_major", "_fen"


@cache
def measures_policy() -> str:
    """policies/measures.yaml as JSON, amounts in fen."""
    return json.dumps(in_fen(document("measures.yaml")))


@cache
def packaged_rules() -> Mapping[str, Rule]:
    """policies/signals.yaml by name, in the order of the file.

    Raises `SignalRuleMalformed`, which names rule and place, and ValueError when a kind of signal has no rule.
    """
    rules = document("signals.yaml")["rules"]
    if not isinstance(rules, dict):
        raise ValueError("signals.yaml: rules must be a table by name")
    found = read_rules(rules)
    if missing := set(SignalKind) - {rule.kind for rule in found.values()}:
        raise ValueError(f"signals.yaml: no rule raises {', '.join(sorted(missing))}")
    return found


def in_fen(value: object) -> object:
    """The same document with every amount `…_major` as `…_fen`."""
    if not isinstance(value, dict):
        return value
    return {
        name.removesuffix(MAJOR) + FEN if name.endswith(MAJOR) else name: round(part * 100)
        if name.endswith(MAJOR)
        else in_fen(part)
        for name, part in value.items()
    }


@cache
def statement(name: str) -> str:
    """The SQL in sql/<name>.sql."""
    return resources.files("services.profile").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def document(name: str) -> dict[str, object]:
    """The YAML document policies/<name>."""
    text = resources.files("services.profile").joinpath("policies", name).read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    assert isinstance(found, dict)  # a packaged file of ours
    return found
