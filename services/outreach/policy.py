"""The packaged policy documents, read once, typed and checked: cadence, calendar of holidays, texts of the rules."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from services.outreach.rules.cadence import Cadence, CadenceInvalid, Text, check
from services.outreach.rules.calendar import Calendar

_FOLDER = files("services.outreach") / "policies"

Texts = Mapping[str, Mapping[str, Text]]
"""Texts by group (`placed_by`, `channel_reason`, `unplaced`, …) and code."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What outreach plans by."""

    cadence: Cadence
    calendar: Calendar
    texts: Texts

    def why_unplaced(self, reason: str) -> Text:
        """The text of a rule that stood in the way: one of ours, or a cap of the budget."""
        for cap in self.cadence.budget.caps:
            if cap.rule == reason:
                return Text(zh=f"{cap.label.zh}（{cap.at_most}）已满", en=f"the cap on {cap.label.en} ({cap.at_most}) is reached")
        return self.texts["unplaced"].get(reason, Text(zh=reason, en=reason))  # a cap that an older policy had


@cache
def shipped() -> Policy:
    """The documents of this release. Raises `CadenceInvalid` naming the first wrong entry."""
    cadence = read_cadence((_FOLDER / "cadence.yaml").read_text(encoding="utf-8"))
    holidays = (_FOLDER / "holidays.cn.json").read_text(encoding="utf-8")
    calendar = TypeAdapter(Calendar).validate_python(json.loads(holidays))
    reasons = _plain((_FOLDER / "reasons.yaml").read_text(encoding="utf-8"))
    return Policy(cadence, calendar, TypeAdapter(dict[str, dict[str, Text]]).validate_python(reasons))


def read_cadence(text: str) -> Cadence:
    """A cadence document in YAML, typed and checked. Raises `CadenceInvalid`."""
    try:
        cadence = TypeAdapter(Cadence).validate_python(_plain(text))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise CadenceInvalid(first["msg"], field=".".join(str(part) for part in first["loc"])) from None
    return check(cadence)


def _plain(text: str) -> Any:  # Any: what the document holds, typed by the caller
    """YAML with every scalar left as text, for pydantic to type: YAML itself takes 21:00 for 1,260 and no for False."""
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # makes texts, lists and mappings, nothing else
