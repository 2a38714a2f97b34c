"""HTTP shapes of customers and consents. Answers hold masked identity only (H20)."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.disclosure import MaskedAddress, MaskedCard, MaskedEmail, MaskedIdentityNumber, MaskedName, MaskedPhone
from contracts.values import ProductClass, RiskLevel

Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9_.:/+-]{1,64}$")]
IdType = Literal["resident_id", "passport", "hk_macau_permit", "taiwan_permit", "none"]
Occupation = Literal["student", "employee", "executive", "self_employed", "farmer", "public", "retired", "none"]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class RegistrationIn(_In):
    """A new customer. Identity values are checked, encrypted and never shown whole again."""

    customer_no: Code = Field(examples=["C00012345"])
    name: str = Field(default="", max_length=100)
    id_type: IdType
    id_number: str | None = Field(default=None, min_length=4, max_length=40)
    phone: str | None = Field(default=None, max_length=30)
    email: str | None = Field(default=None, max_length=254)
    address: str | None = Field(default=None, max_length=300)
    birth_date: date
    sex: Literal["f", "m"]
    branch: Code
    opened_on: date
    adviser_no: Code | None = None
    occupation: Occupation | None = None
    employer_no: Code | None = None
    household_no: Code | None = None
    referral_code: Code | None = Field(default=None, description="The code of the customer who referred this one (H28).")


class ChangeIn(_In):
    """Fields to change; what is left out stays, null empties an optional field."""

    name: str | None = Field(default=None, max_length=100)
    id_type: IdType | None = None
    id_number: str | None = Field(default=None, min_length=4, max_length=40)
    phone: str | None = Field(default=None, max_length=30)
    email: str | None = Field(default=None, max_length=254)
    address: str | None = Field(default=None, max_length=300)
    birth_date: date | None = None
    sex: Literal["f", "m"] | None = None
    branch: Code | None = None
    opened_on: date | None = None
    adviser_no: Code | None = None
    occupation: Occupation | None = None
    employer_no: Code | None = None
    household_no: Code | None = None


class SearchIn(_In):
    """Exact search by one or more of these; a customer is found when any of them fits."""

    id_number: str | None = Field(default=None, max_length=40)
    id_type: IdType = "resident_id"
    phone: str | None = Field(default=None, max_length=30)
    card: str | None = Field(default=None, max_length=30)


class CustomerOut(BaseModel):
    """A customer in the form that the caller may see (H20): inside the bank, or the customer's own app."""

    customer_id: UUID
    customer_no: str
    name: MaskedName = Field(examples=["王**"])
    id_type: str
    id_number: MaskedIdentityNumber | None = Field(examples=["110101199003******"])
    phone: MaskedPhone | None = Field(examples=["138****5678"])
    email: MaskedEmail | None = Field(examples=["w***@example.com"])
    address: MaskedAddress | None = Field(examples=["北京市东城区******"])
    birth_date: date | None
    sex: str
    branch: str
    opened_on: date
    adviser_no: str | None
    occupation: str | None
    employer_no: str | None
    household_no: str | None
    changes: int = Field(description="How often the record was changed and published.")


class RegisteredOut(BaseModel):
    """The new customer's id."""

    customer_id: UUID


class AccountOut(BaseModel):
    """An account with its latest closing balance; the card number masked."""

    account_id: UUID
    account_no: str
    product_code: str
    product_class: ProductClass
    risk_level: RiskLevel | None
    currency: str
    opened_on: date
    closed_on: date | None
    card_no: MaskedCard | None = Field(examples=["622848******0018"])
    balance_day: date | None
    balance_fen: int | None


class FactOut(BaseModel):
    """Something known about the customer."""

    fact: str
    value: str
    since: date
