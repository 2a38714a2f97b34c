"""The four dimensions of H1, as values."""

from dataclasses import dataclass

from contracts.values import BasisPoints, Fen, LifeStage, NeedType, ProductClass, RelationStage


@dataclass(frozen=True, slots=True)
class Assets:
    """Asset size (资产规模): average daily financial assets in fen over 30, 90 and 180 days.

    `growth_180_bp` is None where there is too little history to compare with (H3): unknown growth is not growth.
    """

    currency: str
    days_30: Fen
    days_90: Fen
    days_180: Fen
    growth_180_bp: BasisPoints | None


@dataclass(frozen=True, slots=True)
class Activity:
    """Business activity (业务活跃度): dealings of 90 days, products held, and the yearly contribution in fen (H2).

    `dealings_growth_180_bp` is None where there is too little history, and in measures from before it was computed (H3).
    """

    dealings_90: int
    logins_90: int
    channels_90: int
    payroll: bool
    products: tuple[ProductClass, ...]
    contribution_fen: Fen
    dealings_growth_180_bp: BasisPoints | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """Need type (需求类型)."""

    kind: NeedType


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """Life cycle (生命周期): the person's stage, the relation's stage, age in years, days of known history."""

    life_stage: LifeStage
    relation_stage: RelationStage
    age: int
    history_days: int


@dataclass(frozen=True, slots=True)
class Measures:
    """All four dimensions of one customer on one day; what a decision rests on and what its explanation shows."""

    assets: Assets
    activity: Activity
    need: Need
    life_cycle: LifeCycle
