"""The application as callers see it: problem details for every error, and refusals audited before they are told."""

import logging
from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.audit import audit
from chassis.auth import Capability
from chassis.http import status_of
from chassis.problems import Refusal, away, broken, from_rule, from_validation
from contracts.values import Outcome, RuleBroken

log = logging.getLogger(__name__)


def documented(name: str, summary: str, *, lifespan: Callable[[FastAPI], object]) -> FastAPI:
    """An application with our answers for errors. It serves no documentation of its own: the gateway shows all in one."""
    app = FastAPI(
        title=f"Steward {name}",
        summary=summary,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,  # type: ignore[arg-type]  # Starlette's type for lifespans is a union of four
        separate_input_output_schemas=False,
    )

    @app.exception_handler(RuleBroken)
    async def _(request: Request, error: RuleBroken) -> Response:
        status = status_of(request.scope.get("route"), error)
        if status is None:
            log.error("undeclared rule", extra={"rule": error.rule}, exc_info=error)
            return broken().response(request.state.request_id)
        return from_rule(error, status).response(request.state.request_id)

    @app.exception_handler(Refusal)
    async def _(request: Request, refusal: Refusal) -> Response:
        if refusal.problem.status == 403 and not await _noted(request, refusal):
            return away("The refusal could not be written to the audit log.").response(request.state.request_id)
        return refusal.response(request.state.request_id)

    @app.exception_handler(RequestValidationError)
    async def _(request: Request, error: RequestValidationError) -> Response:
        return from_validation(error.errors()).response(request.state.request_id)

    @app.exception_handler(HTTPException)
    async def _(request: Request, error: HTTPException) -> Response:
        rule = {404: "no-such-route", 405: "method-not-allowed"}.get(error.status_code, "bad-request")
        fix = "See the API's page for the routes, their methods and their input."
        refusal = Refusal(error.status_code, rule, title=str(rule).replace("-", " ").capitalize(), fix=fix, headers=error.headers)
        return refusal.response(getattr(request.state, "request_id", None))

    return app


async def _noted(request: Request, refusal: Refusal) -> bool:
    """Write the refused act to the audit log in a transaction of its own, since the request's is undone."""
    caller: Capability | None = getattr(request.state, "capability", None)
    if caller is None:
        return True
    route = getattr(request.scope.get("route"), "name", "unknown")
    try:
        async with request.app.state.runtime.database.begin() as session:
            await audit(
                session,
                caller=caller,
                act=f"{route}.attempted",
                customer_id=caller.customer,
                outcome=Outcome.REFUSED,
                rule=refusal.problem.rule,
            )
    except Exception as error:  # whatever the reason, the act fails when its entry does
        log.error("audit entry lost", exc_info=error)
        return False
    return True
