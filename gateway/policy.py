"""The gateway's policies, read from packaged files and checked: a wrong word is an error at start, never a default."""

from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.values import Department, Purpose, Reach, Role, Scope, SignalKind
from gateway.rules.access import AccessPolicy, RolePolicy
from gateway.rules.cases import CasePolicy, Cause


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _RoleEntry(_Document):
    default_purpose: Purpose
    purposes: frozenset[Purpose]
    scopes: dict[Scope, Reach]
    overview: tuple[Literal["profile", "tier", "plan", "audit", "referral"], ...] = ()

    @model_validator(mode="after")
    def _default_is_allowed(self) -> Self:
        if self.default_purpose not in self.purposes:
            raise ValueError("default_purpose must be one of purposes")
        return self


class _AccessDocument(_Document):
    version: int = Field(ge=1)
    roles: dict[Role, _RoleEntry]


class _CauseEntry(_Document):
    source: str
    title: str
    departments: tuple[Department, ...] = Field(min_length=1)
    lead: Department
    signals: frozenset[SignalKind]

    @model_validator(mode="after")
    def _lead_takes_part(self) -> Self:
        if self.lead not in self.departments or len(set(self.departments)) != len(self.departments):
            raise ValueError("departments differ, and lead is one of them")
        return self


class _CaseDocument(_Document):
    version: int = Field(ge=1)
    deadline_hours: int = Field(ge=1)
    staffing_retry_minutes: int = Field(ge=1)
    causes: dict[str, _CauseEntry]

    @model_validator(mode="after")
    def _one_cause_for_each_signal(self) -> Self:
        kinds = [kind for cause in self.causes.values() for kind in cause.signals]
        if len(kinds) != len(set(kinds)):
            raise ValueError("a signal opens cases of one cause")
        return self


def parse_access(text: str) -> AccessPolicy:
    """The access matrix of a YAML document. Raises pydantic's ValidationError."""
    document = _AccessDocument.model_validate(yaml.safe_load(text))
    roles = {role: RolePolicy(role=role, **dict(entry)) for role, entry in document.roles.items()}
    return AccessPolicy(version=document.version, roles=roles)


def parse_cases(text: str) -> CasePolicy:
    """The case policy of a YAML document. Raises pydantic's ValidationError."""
    document = _CaseDocument.model_validate(yaml.safe_load(text))
    causes = {code: Cause(code=code, **dict(entry)) for code, entry in document.causes.items()}
    return CasePolicy(
        version=document.version,
        deadline=timedelta(hours=document.deadline_hours),
        staffing_retry=timedelta(minutes=document.staffing_retry_minutes),
        causes=causes,
    )


@cache
def access_policy() -> AccessPolicy:
    """The published access matrix."""
    return parse_access(_text("access.yaml"))


@cache
def case_policy() -> CasePolicy:
    """The published case policy."""
    return parse_cases(_text("cases.yaml"))


def _text(name: str) -> str:
    return files("gateway").joinpath("policies", name).read_text(encoding="utf-8")
