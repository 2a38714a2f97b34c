"""Shapes that cross HTTP between rooms."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.values import Purpose, Role, Scope


class FieldProblem(BaseModel):
    """One wrong place in the input."""

    field: str = Field(examples=["body.amount"])
    rule: str = Field(examples=["greater_than"])
    fix: str = Field(examples=["Input should be greater than 0"])


class Problem(BaseModel):
    """RFC 9457 problem details. `type` is stable; `rule` is its last part; `fix` says how to satisfy the rule."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:steward:problem:token-missing"])
    title: str
    status: int
    detail: str = ""
    rule: str
    fix: str = ""
    field: str | None = None
    fields: list[FieldProblem] = Field(default_factory=list)
    request_id: str | None = None


class AccessQuestion(BaseModel):
    """May this person act on this customer for this purpose?"""

    subject: str
    roles: list[Role]
    staff_no: str | None = None
    branch: str | None = None
    own_customer_id: UUID | None = Field(default=None, description="The customer that a customer's own token stands for.")
    customer_id: UUID
    purpose: Purpose
    scope: Scope


class AccessAnswer(BaseModel):
    """The decision, with the rule that decided."""

    allowed: bool
    rule: str = Field(examples=["adviser-of-customer", "not-your-customer"])
