"""The facts that a policy's conditions may name: their types, units and names in both languages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from contracts.values import LifeStage, NeedType, RelationStage
from services.tiering.rules.measures import Measures

Value: TypeAlias = int | bool | str | None
"""What a condition is held against. None is "not known" and fulfils no comparison."""


class Unit(StrEnum):
    """What a fact is counted in."""

    FEN = "fen"
    BASIS_POINTS = "basis_points"
    COUNT = "count"
    DAYS = "days"
    YEARS = "years"
    FLAG = "flag"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Fact:
    """One input that a policy may use. `choices` are the codes of a fact in `Unit.CODE`."""

    name: str
    dimension: str
    unit: Unit
    zh: str
    en: str
    read: Callable[[Measures], Value]
    choices: tuple[str, ...] = ()


_ALL = (
    Fact("assets_30_fen", "assets", Unit.FEN, "近30天日均金融资产", "average daily assets over 30 days",
         lambda m: m.assets.days_30),
    Fact("assets_90_fen", "assets", Unit.FEN, "近90天日均金融资产", "average daily assets over 90 days",
         lambda m: m.assets.days_90),
    Fact("assets_180_fen", "assets", Unit.FEN, "近180天日均金融资产", "average daily assets over 180 days",
         lambda m: m.assets.days_180),
    Fact("growth_180_bp", "assets", Unit.BASIS_POINTS, "近半年资产增长", "growth of assets over the last half-year",
         lambda m: m.assets.growth_180_bp),
    Fact("contribution_fen", "activity", Unit.FEN, "年度综合贡献", "yearly overall contribution",
         lambda m: m.activity.contribution_fen),
    Fact("dealings_90", "activity", Unit.COUNT, "近90天交易笔数", "dealings in 90 days",
         lambda m: m.activity.dealings_90),
    Fact("dealings_growth_180_bp", "activity", Unit.BASIS_POINTS, "近半年交易增长", "growth of dealings over the last half-year",
         lambda m: m.activity.dealings_growth_180_bp),
    Fact("logins_90", "activity", Unit.COUNT, "近90天登录次数", "logins in 90 days",
         lambda m: m.activity.logins_90),
    Fact("channels_90", "activity", Unit.COUNT, "近90天使用渠道数", "channels used in 90 days",
         lambda m: m.activity.channels_90),
    Fact("products", "activity", Unit.COUNT, "持有产品类别数", "classes of products held",
         lambda m: len(m.activity.products)),
    Fact("payroll", "activity", Unit.FLAG, "代发工资或养老金", "salary or pension paid in",
         lambda m: m.activity.payroll),
    Fact("need", "need", Unit.CODE, "需求类型", "need type",
         lambda m: str(m.need.kind), tuple(NeedType)),
    Fact("life_stage", "life_cycle", Unit.CODE, "人生阶段", "stage of life",
         lambda m: str(m.life_cycle.life_stage), tuple(LifeStage)),
    Fact("relation_stage", "life_cycle", Unit.CODE, "客户关系阶段", "stage of the relation",
         lambda m: str(m.life_cycle.relation_stage), tuple(RelationStage)),
    Fact("age", "life_cycle", Unit.YEARS, "年龄", "age", lambda m: m.life_cycle.age),
    Fact("history_days", "life_cycle", Unit.DAYS, "往来天数", "days of history",
         lambda m: m.life_cycle.history_days),
)  # fmt: skip

FACTS: Mapping[str, Fact] = MappingProxyType({fact.name: fact for fact in _ALL})
"""Every fact by its name."""


PLACES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "assets_30_fen": ("assets", "days_30"),
        "assets_90_fen": ("assets", "days_90"),
        "assets_180_fen": ("assets", "days_180"),
        "growth_180_bp": ("assets", "growth_180_bp"),
        "contribution_fen": ("activity", "contribution_fen"),
        "dealings_90": ("activity", "dealings_90"),
        "dealings_growth_180_bp": ("activity", "dealings_growth_180_bp"),
        "logins_90": ("activity", "logins_90"),
        "channels_90": ("activity", "channels_90"),
        "payroll": ("activity", "payroll"),
        "need": ("need", "kind"),
        "life_stage": ("life_cycle", "life_stage"),
        "relation_stage": ("life_cycle", "relation_stage"),
        "age": ("life_cycle", "age"),
        "history_days": ("life_cycle", "history_days"),
    }
)
"""Where a fact lies in measures that are stored as JSON: dimension and member. The number of products has no place of its own,
it follows from their names."""


def facts_of(measures: Measures) -> dict[str, Value]:
    """All facts of `measures`, flat, as a decision table reads them."""
    return {fact.name: fact.read(measures) for fact in _ALL}
