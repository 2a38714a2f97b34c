"""What the sample bank sells, and the accounts that its customers keep."""

from dataclasses import dataclass, field
from typing import NamedTuple

from contracts.values import ASSET_CLASSES, ProductClass, RiskLevel


@dataclass(frozen=True, slots=True)
class Product:
    """A line of the product list; `risk_level` belongs to investments only."""

    code: str
    kind: ProductClass
    risk_level: RiskLevel | None = None


DEMAND = Product("DEM01", ProductClass.DEMAND)
TERMS = tuple(Product(code, ProductClass.TERM) for code in ("TER03", "TER06", "TER12", "TER36"))
WEALTHS = (
    Product("WEA01", ProductClass.WEALTH, RiskLevel.R1),
    Product("WEA02", ProductClass.WEALTH, RiskLevel.R2),
    Product("WEA03", ProductClass.WEALTH, RiskLevel.R2),
    Product("WEA04", ProductClass.WEALTH, RiskLevel.R3),
)
PLAN_FUNDS = (
    Product("FUN01", ProductClass.FUND, RiskLevel.R2),
    Product("FUN02", ProductClass.FUND, RiskLevel.R3),
    Product("FUN03", ProductClass.FUND, RiskLevel.R3),
    Product("FUN04", ProductClass.FUND, RiskLevel.R4),
)
BOLD_FUNDS = tuple(Product(code, ProductClass.FUND, RiskLevel.R5) for code in ("FUN51", "FUN52", "FUN53"))
PRIVATE_FUNDS = tuple(Product(code, ProductClass.PRIVATE_FUND, RiskLevel.R5) for code in ("PRI51", "PRI52", "PRI53"))
INSURANCES = (
    Product("INS01", ProductClass.INSURANCE, RiskLevel.R1),
    Product("INS02", ProductClass.INSURANCE, RiskLevel.R2),
)
MORTGAGE = Product("MOR01", ProductClass.MORTGAGE)
CONSUMER_LOAN = Product("CON01", ProductClass.CONSUMER_LOAN)
BUSINESS_LOAN = Product("BUS01", ProductClass.BUSINESS_LOAN)
CREDIT_CARD = Product("CRE01", ProductClass.CREDIT_CARD)

PRODUCTS = (
    DEMAND, *TERMS, *WEALTHS, *PLAN_FUNDS, *BOLD_FUNDS, *PRIVATE_FUNDS, *INSURANCES,
    MORTGAGE, CONSUMER_LOAN, BUSINESS_LOAN, CREDIT_CARD,
)  # fmt: skip


class Flow(NamedTuple):
    """A transaction: fen in (positive) or out (negative) of the customer's account on a day of the history."""

    day: int
    fen: int
    kind: str
    mcc: str | None = None
    counterparty: str | None = None
    product: str | None = None
    channel: str | None = None
    at_home: bool = False
    """To or from somebody of the same household."""


@dataclass(slots=True)
class Account:
    """An account and what happened to it.

    `opening` is the balance before day `start`, in fen; debts count what is owed. `flows` are transactions; `steps` are
    (day, fen) changes of the balance that the feed shows no transaction for: the value of a holding.
    """

    number: str
    product: Product
    opened: int
    opening: int = 0
    card_no: str | None = None
    closed: int | None = None
    flows: list[Flow] = field(default_factory=list)
    steps: list[tuple[int, int]] = field(default_factory=list)

    @property
    def start(self) -> int:
        """The first day with a balance."""
        return max(0, self.opened)

    @property
    def is_asset(self) -> bool:
        return self.product.kind in ASSET_CLASSES

    def changes(self) -> list[tuple[int, int]]:
        """All changes of the balance as (day, fen), the opening balance first, unsorted after it."""
        sign = 1 if self.is_asset else -1
        return [(self.start, self.opening), *((flow[0], sign * flow[1]) for flow in self.flows), *self.steps]
