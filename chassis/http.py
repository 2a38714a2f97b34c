"""Routes: what an operation needs, what it may refuse, and what handlers get handed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from fastapi import Depends, Request
from starlette.routing import BaseRoute

from chassis.auth import Capability
from chassis.database import Database, Session
from chassis.pagination import PageQuery
from chassis.problems import MEDIA_TYPE, Refusal
from contracts.http import Problem
from contracts.values import Reach, RuleBroken, Scope

ERRORS = "x-errors"
ACCESS = "x-access"
_CUSTOMER = "customer_id"

Documented: TypeAlias = dict[str, Any]  # Any: keyword arguments of FastAPI's route decorators


def operation(*, scope: Scope | None, errors: Mapping[type[RuleBroken], int] | None = None, **extra: Any) -> Documented:
    """Keyword arguments for a route decorator: the scope that a caller needs and the status of each rule that may be broken.

    `@router.get("/v1/…", **operation(scope=Scope.TIER_READ, errors={NoDecision: 404}))`. Both are enforced and stand in the
    OpenAPI document (`x-access`, `x-errors`). `scope=None` is for routes open to everybody, and must be said.
    """
    errors = errors or {}
    responses: dict[int | str, Documented] = {}
    for status in sorted({401, 403, *errors.values()} if scope else set(errors.values())):
        rules = sorted(error.rule for error, code in errors.items() if code == status)
        responses[status] = {
            "model": Problem,
            "description": "; ".join(rules) or {401: "token missing or invalid", 403: "not allowed"}.get(status, ""),
            "content": {MEDIA_TYPE: {}},
        }
    documented = {
        ACCESS: {"scope": scope.value if scope else None},
        ERRORS: {error.rule: status for error, status in errors.items()},
    }
    documented.update(extra.pop("openapi_extra", {}))
    return {"responses": {**responses, **extra.pop("responses", {})}, "openapi_extra": documented, **extra}


def status_of(route: BaseRoute | None, error: RuleBroken) -> int | None:
    """The status that the route declares for a broken rule; None for a rule that it does not expect."""
    extra = getattr(route, "openapi_extra", None) or {}
    status = extra.get(ERRORS, {}).get(error.rule)
    return int(status) if status is not None else None


async def authorize(request: Request) -> Capability | None:
    """Check the caller's token against what the route needs. Runs before every route; a route that says nothing is refused.

    Raises `Refusal` 401 for a bad token, 403 for a missing scope or another customer.
    """
    extra = getattr(request.scope.get("route"), "openapi_extra", None) or {}
    access = extra.get(ACCESS)
    if access is None:
        raise Refusal(403, "operation-closed", title="Not allowed", fix="This operation declares no scope; report it.")
    if access["scope"] is None:
        return None
    verified: Capability = await request.app.state.verifier.verify(request.headers.get("authorization"))
    # The gateway hands one token out for many requests: the request it is used in is told by the header.
    capability = replace(verified, request_id=request.state.request_id)
    request.state.capability = capability
    if access["scope"] not in capability.scopes:
        raise forbidden("scope-missing", fix=f"The operation needs the scope {access['scope']}.")
    wanted = request.path_params.get(_CUSTOMER)
    if wanted is not None and capability.reach is not Reach.ALL and capability.customer != _uuid(wanted):
        raise forbidden("customer-not-yours", fix="Ask the gateway for this customer; its token is good for one customer only.")
    return capability


def forbidden(rule: str, *, fix: str) -> Refusal:
    """The 403 answer; it is audited where it is answered."""
    return Refusal(403, rule, title="Not allowed", fix=fix)


def _uuid(text: object) -> UUID | None:
    try:
        return text if isinstance(text, UUID) else UUID(str(text))
    except ValueError:
        return None


# These are async although they wait for nothing: FastAPI sends each sync dependency through a thread, at every request.


async def _session(request: Request) -> Session:
    session: Session = request.state.unit.session
    return session


async def _database(request: Request) -> Database:
    database: Database = request.app.state.runtime.database
    return database


async def _caller(request: Request) -> Capability:
    capability: Capability = request.state.capability
    return capability


async def _now(request: Request) -> datetime:
    moment: datetime = request.app.state.runtime.clock.now()
    return moment


async def _today(request: Request) -> date:
    day: date = request.app.state.runtime.clock.today()
    return day


SessionDep = Annotated[Session, Depends(_session)]
"""The request's session; committed at the edge, before the first byte of the answer."""

DatabaseDep = Annotated[Database, Depends(_database)]
"""The service's database, for hot reads through `database.pool` and for work in transactions of its own."""

Caller = Annotated[Capability, Depends(_caller)]
"""The verified capability of the caller."""

Now = Annotated[datetime, Depends(_now)]
"""The moment, from the service's clock."""

Today = Annotated[date, Depends(_today)]
"""The civil day in Asia/Shanghai."""

PageDep = Annotated[PageQuery, Depends()]
"""The page that the caller asks for."""
