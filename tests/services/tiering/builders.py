"""Test data of tiering: one small builder per noun."""

import copy
from collections.abc import Callable
from datetime import date
from importlib import resources
from typing import Any
from uuid import UUID

import orjson

from chassis.ids import new_id
from contracts.events.profile import Assets as EventAssets
from contracts.events.profile import MeasuresComputed
from contracts.values import LifeStage, NeedType, ProductClass, RelationStage
from services.tiering import rules
from services.tiering.actions import Measured
from services.tiering.book import Policy, PolicyBook
from services.tiering.document import digest
from services.tiering.reactions import measures_of

DAY = date(2026, 3, 2)
VIP_FEN = 50_000_001


def event(
    customer_id: UUID | None = None,
    *,
    version: int = 1,
    as_of: date = DAY,
    assets: int = 0,
    growth: int | None = None,
    contribution: int = 0,
    currency: str = "CNY",
    branch: str = "B001",
) -> MeasuresComputed:
    """New measures, of an ordinary customer unless said otherwise."""
    return MeasuresComputed(
        customer_id=customer_id or new_id(),
        version=version,
        as_of=as_of,
        branch=branch,
        currency=currency,
        assets=EventAssets(days_30=assets, days_90=assets, days_180=assets),
        growth_180_bp=growth,
        contribution_fen=contribution,
        dealings_90=3,
        dealings_growth_180_bp=100,
        logins_90=5,
        channels_90=2,
        payroll=True,
        products=(ProductClass.DEMAND,),
        need=NeedType.SETTLING,
        life_stage=LifeStage.FAMILY,
        relation_stage=RelationStage.MATURE,
        history_days=400,
        age=41,
    )


def measures(**given: Any) -> rules.Measures:
    """The four dimensions, with what `event` takes."""
    return measures_of(event(**given))


def measured(customer_id: UUID | None = None, *, version: int = 1, **given: Any) -> Measured:
    """Measures of a customer as the action takes them."""
    made = event(customer_id, version=version, **given)
    return Measured(made.customer_id, version, made.as_of, made.branch, measures_of(made))


def document(name: str = "cny") -> dict[str, Any]:
    """A default policy as JSON, to be changed at will."""
    text = resources.files("services.tiering").joinpath(f"policies/default.{name}.json").read_bytes()
    return copy.deepcopy(orjson.loads(text))


def changed(change: Callable[[dict[str, Any]], object], name: str = "cny") -> dict[str, Any]:
    """A default policy after `change`."""
    made = document(name)
    change(made)
    return made


def at_once(document: dict[str, Any]) -> None:
    """Take the grace out: down at once and all the way."""
    document.pop("downgrade")


def table(document: dict[str, Any]) -> dict[str, Any]:
    """The decision table inside."""
    content: dict[str, Any] = document["table"]["nodes"][1]["content"]
    return content


def policy(name: str = "cny") -> Policy:
    """A default policy, compiled."""
    made = document(name)
    return PolicyBook().add(version=1, mark=digest(made), document=made)
