"""The texts of the policy, ready to be put into answers: as JSON for the hot read, as shapes for the rest."""

from functools import cache

import orjson

from contracts.values import Channel
from services.outreach.policy import shipped
from services.outreach.rules.cadence import Text
from services.outreach.schemas import KindOut, RuleOut


def kind_of(code: str) -> KindOut:
    """A kind of contact with its text; one that the policy no longer knows is named by its code alone."""
    kind = shipped().cadence.kinds.get(code)
    return KindOut(code=code, text=kind.label if kind else Text(zh=code, en=code), source=kind.source if kind else "")


def rule_of(group: str, code: str) -> RuleOut:
    """A rule with its text; `group` is one of `policies/reasons.yaml`, "unplaced" includes the caps of the budget."""
    policy = shipped()
    text = policy.why_unplaced(code) if group == "unplaced" else policy.texts[group][code]
    return RuleOut(rule=code, text=text)


@cache
def text_json(group: str, code: str) -> orjson.Fragment:
    """The text of a rule as JSON."""
    return orjson.Fragment(orjson.dumps(rule_of(group, code).text))


@cache
def rule_json(group: str, code: str) -> orjson.Fragment:
    """`RuleOut` as JSON."""
    return orjson.Fragment(rule_of(group, code).model_dump_json().encode())


@cache
def kind_json(code: str) -> orjson.Fragment:
    """`KindOut` as JSON."""
    return orjson.Fragment(kind_of(code).model_dump_json().encode())


@cache
def channel_json(code: str) -> orjson.Fragment:
    """The text of a channel as JSON."""
    return orjson.Fragment(orjson.dumps(shipped().cadence.channels[Channel(code)].label))
