"""Reads rule documents: what is wrong is told with the rule and the place, never with the value."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from contracts.values import RuleBroken
from services.profile.measuring.rules_language.documents import Condition, Rule

DEEPEST = 4
"""How far conditions may stand inside each other."""


class SignalRuleMalformed(RuleBroken):
    """A rule document that says something the language has no word for, or leaves out what an operator needs."""

    rule = "signal-rule-malformed"
    fix = "Correct the place that is named; docs/signals.md explains every operator with an example."


def read_rule(name: str, document: object) -> Rule:
    """The typed rule. Raises `SignalRuleMalformed`, which names rule and place."""
    try:
        rule = Rule.model_validate(document)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        raise SignalRuleMalformed(f"rule {name}: {_told(problems)}", field="body.document") from None
    _check_depth(name, "when", rule.when, DEEPEST)
    return rule


def read_rules(documents: Mapping[str, object]) -> dict[str, Rule]:
    """Many rules by name. Raises `SignalRuleMalformed`."""
    return {name: read_rule(name, document) for name, document in documents.items()}


def _told(problems: Iterable[Any]) -> str:  # Any: pydantic's ErrorDetails
    return "; ".join(f"{'.'.join(str(part) for part in problem['loc']) or 'document'}: {problem['msg']}" for problem in problems)


def _check_depth(name: str, place: str, condition: Condition, left: int) -> None:
    for word in ("together", "either"):
        for number, inner in enumerate(getattr(condition, word) or ()):
            if left == 1:
                raise SignalRuleMalformed(f"rule {name}: {place}.{word}: conditions stand more than {DEEPEST} deep")
            _check_depth(name, f"{place}.{word}.{number}", inner, left - 1)
