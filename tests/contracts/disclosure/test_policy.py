"""Who sees what of each field by role and purpose (H20): the table, the forms, and what a policy may not say."""

import json
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from contracts.disclosure import (
    Audience,
    DataClass,
    DataField,
    Masked,
    MaskedPhone,
    disclosure_for,
    disclosure_policy,
    disclosure_to,
    parse_disclosure,
)
from contracts.values import Purpose, Role

VALUES = {
    DataField.IDENTITY_NUMBER: "110101199003077512",
    DataField.PHONE: "13812345678",
    DataField.CARD: "6228480000000000018",
    DataField.EMAIL: "wang.wei@example.com",
    DataField.PLATE: "京A12345",
    DataField.ADDRESS: "浙江省杭州市西湖区文三路90号3幢",
    DataField.NAME: "欧阳建国",
    DataField.PASSPORT: "E12345678",
    DataField.HK_MACAU_PERMIT: "H1234567800",
    DataField.TAIWAN_PERMIT: "12345678",
    DataField.BIRTH_DATE: "1990-03-07",
    DataField.BALANCE: "300",
    DataField.OPENING_DATE: "2020-01-01",
    DataField.BRANCH: "SH-01",
    DataField.CREDENTIAL: "s3cret-passw0rd",
    DataField.BIOMETRIC: "face-template-77",
}
DISTRICT = "浙江省杭州市西湖区******"
WHOLE = ("1990-03-07", "300", "2020-01-01", "SH-01")
SEEN = {
    "inside": ("110101199003******", "138****5678", "622848*********0018", "w***@example.com", "京A***45", DISTRICT, "欧阳**",
               "E*****678", "H*******800", "1****678", *WHOLE, "***", "***"),
    "outside": ("1****************2", "138****5678", "***************0018", "***@example.com", "京A*****", DISTRICT, "欧阳**",
                "E*******8", "H*********0", "1******8", *WHOLE, "***", "***"),
    "nobody": ("***",) * 12 + ("2020-01-01", "SH-01", "***", "***"),
}  # fmt: skip
READERS = {
    (Role.ADVISER, Purpose.SERVICE): "inside",
    (Role.ADVISER, Purpose.SALES): "inside",
    (Role.BRANCH_MANAGER, Purpose.SERVICE): "inside",
    (Role.BRANCH_MANAGER, Purpose.SALES): "inside",
    (Role.BRANCH_MANAGER, Purpose.RISK): "inside",
    (Role.PRODUCT_MANAGER, Purpose.SERVICE): "inside",
    (Role.PRODUCT_MANAGER, Purpose.OPERATIONS): "outside",
    (Role.COMPLIANCE, Purpose.RISK): "inside",
    (Role.COMPLIANCE, Purpose.AUDIT): "inside",
    (Role.AUDITOR, Purpose.AUDIT): "outside",
    (Role.OPERATOR, Purpose.OPERATIONS): "outside",
    (Role.SYSTEM, Purpose.OPERATIONS): "outside",
    **{(Role.CUSTOMER, purpose): "outside" for purpose in Purpose},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("purpose", Purpose)
def test_each_role_sees_each_field_for_each_purpose_as_the_table_says(role, purpose):
    shown = disclosure_for([role.value], purpose.value)
    seen = dict(zip(VALUES, SEEN[READERS.get((role, purpose), "nobody")], strict=True))
    assert {field: str(shown.show(field, value)) for field, value in VALUES.items()} == seen


@pytest.mark.parametrize(("roles", "purpose"), [([], "service"), (["king"], "service"), (["adviser"], "curiosity")])
def test_an_unknown_role_or_purpose_gets_the_strictest_form(roles, purpose):
    assert disclosure_for(roles, purpose).audience is Audience.NOBODY


def test_of_two_roles_the_one_that_sees_less_decides():
    assert disclosure_for(["adviser", "customer"], "service").audience is Audience.OUTSIDE
    assert disclosure_for(["adviser", "operator"], "service").audience is Audience.INSIDE, "the operator has no such purpose"


FORMS = [
    (DataField.IDENTITY_NUMBER, "110101900307751", "110101900******", "1*************1"),
    (DataField.IDENTITY_NUMBER, "123456", "******", "******"),
    (DataField.PHONE, "+8613812345678", "138****5678", "138****5678"),
    (DataField.PHONE, "+442079460018", "*********0018", "*********0018"),
    (DataField.PHONE, "12345", "*****", "*****"),
    (DataField.CARD, "622848", "******", "******"),
    (DataField.EMAIL, "no-mail-address", "***", "***"),
    (DataField.ADDRESS, "景山前街4号西区", "******", "******"),
    (DataField.ADDRESS, "上海市金丝雀路77号", "上海市******", "上海市******"),
    (DataField.NAME, "王明", "王*", "王*"),
    (DataField.NAME, "欧阳", "欧*", "欧*"),
    (DataField.NAME, "司马相如", "司马**", "司马**"),
    (DataField.NAME, "Ann Smith", "A*** S***", "A*** S***"),
    (DataField.PASSPORT, "E123", "****", "****"),
]


@pytest.mark.parametrize(("field", "value", "inside", "outside"), FORMS)
def test_a_value_of_another_form_shows_less_and_never_more(field, value, inside, outside):
    assert (disclosure_to(Audience.INSIDE).show(field, value), disclosure_to(Audience.OUTSIDE).show(field, value)) == (
        inside,
        outside,
    )


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([field for field in DataField if field in VALUES]),
    st.text(min_size=1, max_size=30),
    st.sampled_from(Audience),
)
def test_no_masked_field_ever_shows_a_number_whole(field, value, audience):
    shown = disclosure_to(audience)
    assert "*" in shown.show(field, value) or shown.sees(field) or not value.strip()


def document() -> dict:
    return json.loads(files("contracts.disclosure").joinpath("policy.json").read_text())


@pytest.mark.parametrize(
    ("field", "audience", "form", "why"),
    [
        ("credential", "inside", {"first": 1}, "C3 is never shown"),
        ("biometric", "outside", {"show": True}, "C3 is never shown"),
        ("phone", "nobody", {"last": 4}, "nothing of C2"),
        ("card", "inside", {"show": True}, "never shown whole"),
        ("card", "inside", {"first": 8, "last": 4}, "nearly everything"),
        ("identity_number", "inside", {"hide_last": 2}, "greater than or equal"),
        ("phone", "inside", {"keep": "district"}, "cannot keep"),
        ("phone", "inside", {"hide_last": 4, "first": 1}, "stands alone"),
        ("name", "inside", {"frist": 1}, "Extra inputs"),
    ],
)
def test_a_policy_that_would_show_too_much_or_says_nothing_is_an_error(field, audience, form, why):
    changed = document()
    assert parse_disclosure(json.dumps(changed)) == disclosure_policy()
    changed["fields"][field]["forms"][audience] = form
    with pytest.raises(ValidationError, match=why):
        parse_disclosure(json.dumps(changed))


def test_a_policy_names_every_field_and_a_form_for_every_audience():
    for remove in (lambda doc: doc["fields"].pop("plate"), lambda doc: doc["fields"]["plate"]["forms"].pop("nobody")):
        changed = document()
        remove(changed)
        with pytest.raises(ValidationError, match="each field needs"):
            parse_disclosure(json.dumps(changed))


def test_every_field_has_its_class_and_only_the_first_class_is_for_nobody():
    rules = disclosure_policy().fields
    assert {field for field, rule in rules.items() if rule.data_class is DataClass.C1} == {
        DataField.OPENING_DATE,
        DataField.BRANCH,
    }
    assert {field for field in DataField if disclosure_to(Audience.NOBODY).sees(field)} == {
        DataField.OPENING_DATE,
        DataField.BRANCH,
    }


class Answer(BaseModel):
    phone: MaskedPhone | None


def test_an_answer_takes_nothing_but_what_went_through_the_policy():
    shown = disclosure_to(Audience.INSIDE).show(DataField.PHONE, "13812345678")
    assert Answer(phone=shown).model_dump_json() == '{"phone":"138****5678"}'
    with pytest.raises(ValidationError):
        Answer(phone="13812345678")
    assert isinstance(Answer.model_validate_json('{"phone":"138****5678"}').phone, Masked)
