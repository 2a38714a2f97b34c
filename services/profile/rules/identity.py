"""What a record of a person must look like. Pure; the errors say which rule broke and never repeat the value."""

from datetime import date

from contracts.values import RuleBroken
from services.profile.rules import documents


class CustomerNoTaken(RuleBroken):
    """Another customer has this customer number."""

    rule = "customer-no-taken"
    fix = "Use the number that the core bank gave to this customer."


class IdentityTaken(RuleBroken):
    """The identity number belongs to another customer: one person is one customer."""

    rule = "identity-taken"
    fix = "Find the existing customer with POST /v1/customers/search and change that record."


class IdentityIncomplete(RuleBroken):
    """An identity document was named without its number, or a person without a name."""

    rule = "identity-incomplete"
    fix = "Give name and id_number with every id_type but 'none'."


class IdentityInconsistent(RuleBroken):
    """A resident identity number states another birth date or sex than the record (GB 11643)."""

    rule = "identity-inconsistent"
    fix = "Check birth_date and sex against the identity document."


class BornInFuture(RuleBroken):
    """A birth date after today, or before 1900."""

    rule = "birth-date-impossible"
    fix = "Give the day of birth, not later than today."


class OpenedBeforeBirth(RuleBroken):
    """The relation with the bank began before the customer was born, or after today."""

    rule = "opened-on-impossible"
    fix = "Give the day on which the customer's first account was opened."


EARLIEST_BIRTH = date(1900, 1, 1)


def check_person(
    *, name: str, id_type: str, id_number: str | None, birth_date: date, sex: str, opened_on: date, today: date
) -> None:
    """Raise the rule that a person's record breaks. `id_type` none stands for books that came without names."""
    if not EARLIEST_BIRTH <= birth_date <= today:
        raise BornInFuture(field="birth_date")
    if not birth_date <= opened_on <= today:
        raise OpenedBeforeBirth(field="opened_on")
    if id_type == "none":
        return
    if not name or not id_number:
        raise IdentityIncomplete(field="name" if not name else "id_number")
    if id_type == "resident_id":
        check_resident_id(id_number, birth_date=birth_date, sex=sex)


def check_resident_id(number: str, *, birth_date: date, sex: str) -> None:
    """Compare the birth date and the sex that a number of 15 or 18 characters states; its form is known good."""
    if documents.birth_date_in(number) != birth_date:
        raise IdentityInconsistent("the number states another birth date", field="birth_date")
    if documents.is_male(number) != (sex == "m"):
        raise IdentityInconsistent("the number states another sex", field="sex")


def luhn_valid(digits: str) -> bool:
    """ISO/IEC 7812 check digit of a card number of 12 to 19 digits."""
    if not (digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 19):
        return False
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    plain = sum(int(digit) for digit in digits[-1::-2])
    return (plain + sum(value - 9 if value > 9 else value for value in doubled)) % 10 == 0
