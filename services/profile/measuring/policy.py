"""The bank's thresholds for measures and signals: YAML files beside this module, read once, handed to SQL as JSON."""

import json
from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field

from contracts.values import SignalKind

MAJOR, FEN = "_major", "_fen"


class SignalPolicy(BaseModel):
    """Thresholds of one kind; what else a kind needs stands beside these and is read by its SQL."""

    model_config = ConfigDict(extra="allow", frozen=True)

    cooldown_days: int = Field(ge=1)
    confidence_bp: int = Field(ge=0, le=10_000)

    def as_json(self) -> str:
        """All thresholds, amounts in fen."""
        return json.dumps(in_fen(self.model_dump()))


@cache
def measures_policy() -> str:
    """policies/measures.yaml as JSON, amounts in fen."""
    return json.dumps(in_fen(_document("measures.yaml")))


@cache
def signal_policies() -> dict[SignalKind, SignalPolicy]:
    """policies/signals.yaml by kind, in the order of the file. Raises ValueError when a kind is missing or unknown."""
    kinds = _document("signals.yaml")["kinds"]
    if not isinstance(kinds, dict) or set(kinds) != set(SignalKind):
        raise ValueError("signals.yaml must hold each kind of signal once")
    return {SignalKind(kind): SignalPolicy.model_validate(policy) for kind, policy in kinds.items()}


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


def _document(name: str) -> dict[str, object]:
    text = resources.files("services.profile").joinpath("policies", name).read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    assert isinstance(document, dict)  # a packaged file of ours
    return document
