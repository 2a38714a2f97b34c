"""Where the rows of each bulk kind go: the staged columns, how references are resolved, and the table with its key."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A staged column that names a row elsewhere. `join` adds it under an alias; `found` is null where there is none."""

    field: str
    rule: str
    fix: str
    join: str
    found: str
    optional: bool = False


@dataclass(frozen=True)
class Target:
    """`columns` maps a column of `table` to its expression over the staged row `s` and the joined references."""

    table: str
    staged: Mapping[str, str]
    key: tuple[str, ...]
    columns: Mapping[str, str]
    references: tuple[Reference, ...]


_ACCOUNT = Reference(
    "account_no",
    "account-unknown",
    "Load the account first, or correct the number.",
    "LEFT JOIN account a ON a.account_no = s.account_no",
    "a.id",
)
_CUSTOMER = Reference(
    "customer_no",
    "customer-unknown",
    "Load the customer first, or correct the number.",
    "LEFT JOIN customer c ON c.customer_no = s.customer_no AND c.forgotten_at IS NULL",
    "c.id",
)
_PRODUCT = Reference(
    "product_code",
    "product-unknown",
    "Load the product first, or correct the code.",
    "LEFT JOIN product p ON p.code = s.product_code",
    "p.code",
)
_PRODUCT_IF_ANY = Reference(_PRODUCT.field, _PRODUCT.rule, _PRODUCT.fix, _PRODUCT.join, _PRODUCT.found, optional=True)

TARGETS: dict[str, Target] = {
    "products": Target(
        "product",
        {"product_code": "text", "class": "text", "risk_level": "text", "currency": "text"},
        ("code",),
        {"code": "s.product_code", "class": "s.class", "risk_level": "s.risk_level", "currency": "s.currency"},
        (),
    ),
    "accounts": Target(
        "account",
        {
            "id": "uuid",
            "account_no": "text",
            "account_index": "bytea",
            "customer_no": "text",
            "product_code": "text",
            "currency": "text",
            "opened_on": "date",
            "closed_on": "date",
            "card_no_sealed": "bytea",
            "card_index": "bytea",
        },
        ("account_no",),
        {
            "id": "s.id",
            "account_no": "s.account_no",
            "account_index": "s.account_index",
            "customer_id": "coalesce(c.merged_into, c.id)",
            "product_code": "s.product_code",
            "currency": "s.currency",
            "opened_on": "s.opened_on",
            "closed_on": "s.closed_on",
            "card_no_sealed": "s.card_no_sealed",
            "card_index": "s.card_index",
        },
        (_CUSTOMER, _PRODUCT),
    ),
    "balances": Target(
        "balance",
        {"account_no": "text", "day": "date", "balance": "bigint"},
        ("account_id", "day"),
        {"account_id": "a.id", "day": "s.day", "fen": "s.balance"},
        (_ACCOUNT,),
    ),
    "transactions": Target(
        "transaction",
        {
            "transaction_no": "text",
            "account_no": "text",
            "day": "date",
            "amount": "bigint",
            "direction": "text",
            "kind": "text",
            "mcc": "text",
            "counterparty_index": "bytea",
            "product_code": "text",
            "channel": "text",
        },
        ("transaction_no",),
        {
            "transaction_no": "s.transaction_no",
            "account_id": "a.id",
            "day": "s.day",
            "fen": "s.amount",
            "direction": "s.direction",
            "kind": "s.kind",
            "mcc": "s.mcc",
            "counterparty_index": "s.counterparty_index",
            "product_code": "s.product_code",
            "channel": "s.channel",
        },
        (_ACCOUNT, _PRODUCT_IF_ANY),
    ),
    "behaviour": Target(
        "behaviour",
        {
            "event_no": "text",
            "customer_no": "text",
            "at": "timestamptz",
            "kind": "text",
            "topic": "text",
            "channel": "text",
        },
        ("event_no",),
        {
            "event_no": "s.event_no",
            "customer_id": "coalesce(c.merged_into, c.id)",
            "at": "s.at",
            "kind": "s.kind",
            "topic": "s.topic",
            "channel": "s.channel",
        },
        (_CUSTOMER,),
    ),
    "facts": Target(
        "fact",
        {"customer_no": "text", "fact": "text", "value": "text", "since": "date"},
        ("customer_id", "fact", "value"),
        {"customer_id": "coalesce(c.merged_into, c.id)", "fact": "s.fact", "value": "s.value", "since": "s.since"},
        (_CUSTOMER,),
    ),
    "assessments": Target(
        "assessment",
        {"customer_no": "text", "assessed_on": "date", "level": "text"},
        ("customer_id", "assessed_on"),
        {"customer_id": "coalesce(c.merged_into, c.id)", "assessed_on": "s.assessed_on", "level": "s.level"},
        (_CUSTOMER,),
    ),
}
