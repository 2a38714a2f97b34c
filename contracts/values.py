"""Values that every room shares. Standard library only, so that pure rules can use them.

Units: money is integer fen (1/100 of the currency's major unit) beside a currency code; rates and
growth are basis points (1/100 of a percent); days are civil days in Asia/Shanghai.
"""

from enum import StrEnum
from typing import ClassVar, TypeAlias

Fen: TypeAlias = int
"""Money in hundredths of the currency's major unit."""

BasisPoints: TypeAlias = int
"""Hundredths of a percent: 3000 is 30 %."""


class RuleBroken(Exception):
    """A refusal by a business rule: which rule, where, and how to satisfy it.

    Subclasses are named after the broken rule and set `rule` (a stable slug, part of the problem's `type`)
    and `fix` (what the caller can do). `field` names the place in the input, when there is one.
    Neither `detail` nor `fix` may carry personal data.
    """

    rule: ClassVar[str] = "rule-broken"
    fix: ClassVar[str] = ""

    def __init__(self, detail: str = "", *, field: str | None = None) -> None:
        super().__init__(detail or self.rule)
        self.detail = detail
        self.field = field


class CursorForeign(RuleBroken):
    """A cursor that no page of this list has given."""

    rule = "cursor-invalid"
    fix = "Use `next` of the page before, unchanged, or leave cursor out for the first page."


class Tier(StrEnum):
    """Customer tiers (客户分层, H2 to H4)."""

    VIP = "vip"
    POTENTIAL = "potential"
    ORDINARY = "ordinary"


class LifeStage(StrEnum):
    """Stage of a person's life (生命周期, H1)."""

    CHILD = "child"
    STUDENT = "student"
    STARTING_OUT = "starting_out"
    FAMILY = "family"
    BUILDING_UP = "building_up"
    RETIRED = "retired"


class RelationStage(StrEnum):
    """Stage of the relation with the bank (H1)."""

    NEW = "new"
    GROWING = "growing"
    MATURE = "mature"
    DORMANT = "dormant"
    LEAVING = "leaving"


class NeedType(StrEnum):
    """What a customer mainly needs (需求类型, H1)."""

    INVESTING = "investing"
    BORROWING = "borrowing"
    PROTECTING = "protecting"
    SETTLING = "settling"


class ProductClass(StrEnum):
    """Classes of products a bank keeps accounts for."""

    DEMAND = "demand"
    TERM = "term"
    WEALTH = "wealth"
    FUND = "fund"
    PRIVATE_FUND = "private_fund"
    INSURANCE = "insurance"
    MORTGAGE = "mortgage"
    CONSUMER_LOAN = "consumer_loan"
    BUSINESS_LOAN = "business_loan"
    CREDIT_CARD = "credit_card"


ASSET_CLASSES = frozenset(
    {
        ProductClass.DEMAND,
        ProductClass.TERM,
        ProductClass.WEALTH,
        ProductClass.FUND,
        ProductClass.PRIVATE_FUND,
        ProductClass.INSURANCE,
    }
)
"""Classes whose balances are the customer's financial assets (H2); the others are debts."""


class SignalKind(StrEnum):
    """Needs and events found in the data."""

    MORTGAGE_BUNDLE = "mortgage_bundle"  # H15
    EDUCATION_FUND = "education_fund"  # H16
    PAYROLL = "payroll"  # H17
    EXECUTIVE = "executive"  # H17
    HAS_CHILDREN = "has_children"  # H18
    OLDER_CUSTOMER = "older_customer"  # H18
    COMPLEX_NEED = "complex_need"  # H19
    LARGE_OUTFLOW = "large_outflow"  # H25
    HIGH_RISK_STREAK = "high_risk_streak"  # H26
    UNIVERSITY_ENTRY = "university_entry"  # H10
    BUSINESS_ANNIVERSARY = "business_anniversary"  # H13
    ACCOUNT_ANNIVERSARY = "account_anniversary"  # H13
    BIRTHDAY = "birthday"  # H13


class SignalVerdict(StrEnum):
    """What staff say of a signal."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class Channel(StrEnum):
    """Ways to reach a customer (H8, H9)."""

    APP = "app"
    SMS = "sms"
    WECOM = "wecom"
    VIDEO = "video"
    PHONE = "phone"
    COMMUNITY = "community"
    VISIT = "visit"
    BRANCH = "branch"


class RiskLevel(StrEnum):
    """Risk level of a product, five as Order 7 of 2025 art. 22 asks (R1 to R5 are the market's names)."""

    R1 = "R1"
    R2 = "R2"
    R3 = "R3"
    R4 = "R4"
    R5 = "R5"


class Tolerance(StrEnum):
    """Risk tolerance of a customer, five as Order 7 of 2025 art. 29 asks (C1 to C5 are the market's names)."""

    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    C5 = "C5"


class Department(StrEnum):
    """Departments that take part in cases (H5, H19)."""

    RETAIL = "retail"
    WEALTH = "wealth"
    PERSONAL_LOANS = "personal_loans"
    PRIVATE_BANKING = "private_banking"
    CORPORATE = "corporate"
    INSURANCE = "insurance"
    COMPLIANCE = "compliance"


class Role(StrEnum):
    """Who a principal is, as the bank's identity provider says."""

    CUSTOMER = "customer"
    ADVISER = "adviser"
    BRANCH_MANAGER = "branch_manager"
    PRODUCT_MANAGER = "product_manager"
    COMPLIANCE = "compliance"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    SYSTEM = "system"


class Reach(StrEnum):
    """Whose data a capability covers."""

    ONE = "one"
    OWN = "own"
    BRANCH = "branch"
    ALL = "all"


class Purpose(StrEnum):
    """Why somebody acts on a customer; recorded with every audited act."""

    SELF_SERVICE = "self_service"
    SERVICE = "service"
    SALES = "sales"
    RISK = "risk"
    AUDIT = "audit"
    OPERATIONS = "operations"


class ConsentPurpose(StrEnum):
    """What a customer can agree to or refuse (PIPL art. 13, 14, 24); the last two are always asked for alone."""

    SERVICE = "service"
    CARE = "care"
    MARKETING = "marketing"
    PROFILING = "profiling"
    RISK = "risk"
    SENSITIVE_DATA = "sensitive_data"  # PIPL art. 29
    SHARING = "sharing"  # PIPL art. 23


class Scope(StrEnum):
    """What an operation needs; granted to roles by the gateway's access policy."""

    PROFILE_READ = "profile.read"
    PROFILE_WRITE = "profile.write"
    PROFILE_FEED = "profile.feed"
    PROFILE_SEARCH = "profile.search"
    PROFILE_REVEAL = "profile.reveal"
    PROFILE_MERGE = "profile.merge"
    PROFILE_FORGET = "profile.forget"
    KEYS_ROTATE = "keys.rotate"
    SIGNAL_JUDGE = "signal.judge"
    SUMMARY_READ = "summary.read"
    ACCESS_DECIDE = "access.decide"
    TIER_READ = "tier.read"
    TIER_RUN = "tier.run"
    TIER_REQUEST = "tier.request"
    TIER_APPROVE = "tier.approve"
    ENTITLEMENT_GIVE = "entitlement.give"
    POLICY_READ = "policy.read"
    POLICY_WRITE = "policy.write"
    PLAN_READ = "plan.read"
    PLAN_RUN = "plan.run"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORT = "audit.export"
    AUDIT_PRUNE = "audit.prune"
    MASK = "mask"
    CONTENT_SCAN = "content.scan"
    ALERT_READ = "alert.read"
    ALERT_WRITE = "alert.write"
    SUITABILITY_CHECK = "suitability.check"
    SUITABILITY_READ = "suitability.read"
    SUITABILITY_RECORD = "suitability.record"
    SUITABILITY_REGISTER = "suitability.register"
    SUITABILITY_POLICY = "suitability.policy"
    ASSESSMENT_FILL = "assessment.fill"
    ASSESSMENT_READ = "assessment.read"
    RECORDING_READ = "recording.read"
    RECORDING_WRITE = "recording.write"
    RECORDING_CHECK = "recording.check"
    RECORDING_KEEP = "recording.keep"
    CARE_READ = "care.read"
    CARE_WRITE = "care.write"
    REFERRAL_READ = "referral.read"
    REFERRAL_WRITE = "referral.write"
    CASE_READ = "case.read"
    CASE_WRITE = "case.write"
    STAFF_READ = "staff.read"
    STAFF_WRITE = "staff.write"
    OVERVIEW_READ = "overview.read"
    OPERATE = "operate"


class Outcome(StrEnum):
    """How an audited act ended."""

    DONE = "done"
    REFUSED = "refused"
