"""What the gate is asked, and what it answers. Money is fen, days are civil days in Asia/Shanghai, times are aware UTC."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.values import Channel, Fen, ProductClass, RiskLevel, Tolerance

RISKS = tuple(RiskLevel)
TOLERANCES = tuple(Tolerance)


class Outcome(StrEnum):
    """The answer: sell, sell not, or do what `needs` items name first."""

    ALLOW = "allow"
    NEEDS = "needs"
    DENY = "deny"


class Effect(StrEnum):
    """What one item does to the answer; a note does nothing."""

    NOTE = "note"
    NEEDS = "needs"
    DENY = "deny"


class Initiative(StrEnum):
    """Who brought the product up (art. 13)."""

    BANK = "bank"
    CUSTOMER = "customer"


class Approach(StrEnum):
    """How the customer was approached: by themself, or as one of a segment (art. 30)."""

    INDIVIDUAL = "individual"
    SEGMENT = "segment"


class Capacity(StrEnum):
    """Legal capacity (art. 19; Civil Code art. 17 to 24)."""

    FULL = "full"
    LIMITED = "limited"
    NONE = "none"


class InsuranceNeed(StrEnum):
    """What a family can need of insurance (art. 35)."""

    PROTECTION = "protection"
    HEALTH = "health"
    ACCIDENT = "accident"
    RETIREMENT = "retirement"
    EDUCATION = "education"
    SAVINGS = "savings"
    SUCCESSION = "succession"


class EvidenceKind(StrEnum):
    """Steps of a sale that leave a paper. The first six are the notices of art. 31."""

    NOTICE_PRODUCT = "notice.product"
    NOTICE_MANAGER = "notice.manager"
    NOTICE_FEES = "notice.fees"
    NOTICE_LEVEL_MAY_CHANGE = "notice.level_may_change"
    NOTICE_PRINCIPAL = "notice.principal"
    NOTICE_OPINION = "notice.opinion"
    REPRESENTATIVE_CONSENT = "representative.consent"
    STOP_ADVICE = "insurance.stop_advice"
    WRITTEN_INSISTENCE = "insurance.written_insistence"
    DECLARATION = "insurance.declaration"


NOTICES = frozenset(kind for kind in EvidenceKind if kind.startswith("notice."))


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it is rated. `covers` are the needs that an insurance answers."""

    code: str
    version: int
    product_class: ProductClass
    issuer: RiskLevel | None
    seller: RiskLevel | None
    private: bool = False
    covers: tuple[InsuranceNeed, ...] = ()

    @property
    def level(self) -> RiskLevel | None:
        """The higher of issuer's and seller's rating (art. 22)."""
        given = [level for level in (self.issuer, self.seller) if level is not None]
        return max(given, default=None)


@dataclass(frozen=True, slots=True)
class Component:
    """What is sold together with the product; the whole counts (art. 22). `product` None: not rated."""

    code: str
    amount_fen: Fen
    product: Product | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The latest risk assessment that was made before the moment of the sale."""

    id: UUID
    level: Tolerance
    assessed_on: date
    valid_until: date
    confirmed: bool
    ended_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """What is known of the customer's means: financial assets and yearly income; None where nothing is."""

    assets_fen: Fen | None = None
    income_fen: Fen | None = None


@dataclass(frozen=True, slots=True)
class Insurance:
    """What is to be paid, and the needs analysis that it rests on (art. 35 to 39)."""

    single_premium_fen: Fen | None = None
    yearly_premium_fen: Fen | None = None
    years_of_payment: int = 0
    analysis_id: UUID | None = None
    needs: tuple[InsuranceNeed, ...] = ()
    family_income_fen: Fen | None = None
    budget_fen: Fen | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """Evidence of a step, for one version of the product's rating."""

    id: UUID
    kind: EvidenceKind
    product_code: str
    product_version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Register:
    """An entry of a register that holds until a day: a seller's qualification, a qualified investor."""

    id: UUID
    valid_from: date
    valid_until: date

    def holds(self, day: date) -> bool:
        """Whether it holds on a day, the last one included."""
        return self.valid_from <= day <= self.valid_until


@dataclass(frozen=True, slots=True)
class Qualification:
    """What the seller may sell (art. 16)."""

    product_class: ProductClass
    entry: Register


@dataclass(frozen=True, slots=True)
class Recording:
    """How the double recording of the sale stands (H21)."""

    id: UUID
    product_code: str
    state: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Care:
    """How the care for an older customer stands in this sale (H24). `lacking` are codes of what is still to come."""

    id: UUID
    product_code: str
    level: RiskLevel
    lacking: tuple[str, ...]
    cooling_off_until: datetime | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock on high-risk sales to the customer (H26)."""

    id: UUID
    cause: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that an answer is made of."""

    moment: datetime
    day: date
    channel: Channel
    initiative: Initiative
    approach: Approach
    amount_fen: Fen
    product: Product | None
    product_code: str
    seller_no: str | None = None
    sale_no: str | None = None
    portfolio: tuple[Component, ...] = ()
    age: int | None = None
    capacity: Capacity | None = None
    assessment: Assessment | None = None
    means: Means = Means()
    qualifications: tuple[Qualification, ...] = ()
    investor: Register | None = None
    insurance: Insurance | None = None
    papers: tuple[Paper, ...] = ()
    recording: Recording | None = None
    care: Care | None = None
    lock: Lock | None = None

    @property
    def products(self) -> tuple[Product, ...]:
        """All rated products of the sale."""
        others = (part.product for part in self.portfolio)
        return tuple(product for product in (self.product, *others) if product is not None)

    @property
    def product_classes(self) -> frozenset[ProductClass] | None:
        """The classes of all parts; None while one of them is not rated."""
        parts = (self.product, *(part.product for part in self.portfolio))
        classes = [None if part is None else part.product_class for part in parts]
        return None if None in classes else frozenset(one for one in classes if one is not None)

    @property
    def level(self) -> RiskLevel | None:
        """The risk of the whole: the highest of its parts (art. 22)."""
        return max((product.level for product in self.products if product.level is not None), default=None)

    @property
    def total_fen(self) -> Fen:
        """The amount of the whole."""
        return self.amount_fen + sum(part.amount_fen for part in self.portfolio)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found. `evidence` holds ids, days, levels, amounts and counts."""

    rule: str
    effect: Effect
    evidence: dict[str, int | str]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer with all that was found, denials first."""

    outcome: Outcome
    findings: tuple[Finding, ...]
