"""HTTP shapes of the core bank's feed: batches of rows in the columns of the import format (docs/guide/import.md).

Fields are text, as in a file, and are checked by the same rules; one wrong row is refused and the others go in.
"""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

R = TypeVar("R", bound=BaseModel)

MOST_ROWS = 5_000
Text = Annotated[str, Field(max_length=400)]


class Row(BaseModel):
    """A row; numbers may come as numbers. `dated` is the day for which it was true, today if not given."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    dated: Text | None = None


class CustomerRow(Row):
    """A customer; a known customer_no is corrected."""

    customer_no: Text
    name: Text | None = None
    id_type: Text
    id_number: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    address: Text | None = None
    birth_date: Text
    sex: Text
    branch: Text
    opened_on: Text
    adviser_no: Text | None = None
    occupation: Text | None = None
    employer_no: Text | None = None
    household_no: Text | None = None
    referral_code: Text | None = None


class ProductRow(Row):
    """A product."""

    product_code: Text
    product_class: Text = Field(alias="class")
    risk_level: Text | None = None
    currency: Text
    overdraft: Text | None = None


class AccountRow(Row):
    """An account."""

    account_no: Text
    customer_no: Text
    product_code: Text
    currency: Text
    opened_on: Text
    closed_on: Text | None = None
    card_no: Text | None = None


class BalanceRow(Row):
    """The closing balance of a day, in major units."""

    account_no: Text
    day: Text
    balance: Text


class TransactionRow(Row):
    """A booking, amount in major units."""

    transaction_no: Text
    account_no: Text
    day: Text
    amount: Text
    direction: Text
    kind: Text
    mcc: Text | None = None
    counterparty_account_no: Text | None = None
    product_code: Text | None = None
    channel: Text | None = None


class BehaviourRow(Row):
    """Something a customer did in the app or the branch."""

    event_no: Text
    customer_no: Text
    at: Text
    kind: Text
    topic: Text | None = None
    channel: Text | None = None


class FactRow(Row):
    """Something known about a customer."""

    customer_no: Text
    fact: Text
    value: Text
    since: Text


class AssessmentRow(Row):
    """A risk assessment (H22)."""

    customer_no: Text
    assessed_on: Text
    level: Text


class Batch(BaseModel, Generic[R]):
    """Up to 5,000 rows of one kind."""

    model_config = ConfigDict(extra="forbid")

    rows: list[R] = Field(min_length=1, max_length=MOST_ROWS)


class RowProblem(BaseModel):
    """A rule that a row broke."""

    row: int = Field(description="Place in the batch, from 0.")
    field: str
    rule: str
    fix: str


class BatchOut(BaseModel):
    """What became of the rows: one entry in `outcomes` for each, `accepted`, `repeated` or `refused`."""

    created: int
    changed: int
    unchanged: int
    outdated: int = Field(description="Rows left alone because a version of a later day is stored.")
    repeated: int = Field(description="Rows followed by another with the same key, which stands instead.")
    refused: int
    outcomes: list[str]
    problems: list[RowProblem]
