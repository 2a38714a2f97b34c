"""Where the rows of each bulk kind go: the table, its key, its columns, and what a row refers to."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.profile.importing.references import ACCOUNT, CUSTOMER, PRODUCT, Reference


@dataclass(frozen=True)
class Target:
    """`columns` maps a column of `table` to its SQL type; `sources` names the column of the rows where it is called otherwise."""

    table: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    sources: Mapping[str, str]
    references: tuple[Reference, ...]


TARGETS: dict[str, Target] = {
    "products": Target(
        "product",
        ("code",),
        {"code": "text", "class": "text", "risk_level": "text", "currency": "text", "overdraft": "bool", "dated": "date"},
        {"code": "product_code"},
        (),
    ),
    "accounts": Target(
        "account",
        ("account_no",),
        {
            "id": "uuid",
            "account_no": "text",
            "account_index": "bytea",
            "customer_id": "uuid",
            "product_code": "text",
            "currency": "text",
            "opened_on": "date",
            "closed_on": "date",
            "card_no_sealed": "bytea",
            "card_index": "bytea",
            "dated": "date",
        },
        {},
        (CUSTOMER, PRODUCT),
    ),
    "balances": Target(
        "balance",
        ("account_id", "day"),
        {"account_id": "uuid", "day": "date", "fen": "bigint", "dated": "date"},
        {"fen": "balance"},
        (ACCOUNT,),
    ),
    "transactions": Target(
        "transaction",
        ("transaction_no",),
        {
            "transaction_no": "text",
            "account_id": "uuid",
            "day": "date",
            "fen": "bigint",
            "direction": "text",
            "kind": "text",
            "mcc": "text",
            "counterparty_index": "bytea",
            "product_code": "text",
            "channel": "text",
            "dated": "date",
        },
        {"fen": "amount"},
        (ACCOUNT, PRODUCT),
    ),
    "behaviour": Target(
        "behaviour",
        ("event_no",),
        {
            "event_no": "text",
            "customer_id": "uuid",
            "at": "timestamptz",
            "kind": "text",
            "topic": "text",
            "channel": "text",
            "dated": "date",
        },
        {},
        (CUSTOMER,),
    ),
    "facts": Target(
        "fact",
        ("customer_id", "fact", "value"),
        {"customer_id": "uuid", "fact": "text", "value": "text", "since": "date", "dated": "date"},
        {},
        (CUSTOMER,),
    ),
    "assessments": Target(
        "assessment",
        ("customer_id", "assessed_on"),
        {"customer_id": "uuid", "assessed_on": "date", "level": "text", "dated": "date"},
        {},
        (CUSTOMER,),
    ),
}
