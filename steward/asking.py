"""Asking a running suite through its gateway, as an operator of its local identity provider."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from contracts.values import Role
from steward.failures import Failure
from steward.folder import running_suite
from steward.tokens import local_token

ANSWER_SECONDS = 30.0


class Refused(Failure):
    """The suite refused what was asked, or did not answer."""


async def ask(folder: Path, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
    """The JSON answer. Raises `Refused` with the rule, its detail and its fix, and `SuiteNotRunning`."""  # Any: JSON
    suite = running_suite(folder)
    headers = {"Authorization": f"Bearer {local_token(folder, roles=[Role.OPERATOR])}"}
    try:
        async with httpx.AsyncClient(base_url=suite.url("gateway"), headers=headers, timeout=ANSWER_SECONDS) as client:
            answer = await client.request(method, path, json=body)
            found: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise Refused(f"the suite did not answer ({type(error).__name__})") from None
    if answer.is_error:
        parts = (found.get("rule"), found.get("detail"), found.get("fix"))
        raise Refused("; ".join(str(part) for part in parts if part))
    return found
