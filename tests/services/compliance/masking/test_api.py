import pytest

from contracts.values import Role, Scope
from services.compliance.main import SERVICE

TEXT = "客户电话13812345678，身份证110101199003077512。"


@pytest.fixture
async def service(running):
    async with running(SERVICE) as found:
        yield found


@pytest.fixture
def system(service):
    return service.headers(Scope.MASK, roles=[Role.SYSTEM], subject="system:crm")


async def masked(service, headers, items, **more):
    return await service.client.post("/v1/mask", json={"items": items, **more}, headers=headers)


async def test_texts_and_values_come_back_masked_in_their_order(service, system):
    answer = await masked(service, system, [{"text": TEXT}, {"value": {"a": [TEXT, 13812345678]}}, {"value": None}])
    assert answer.status_code == 200
    text, value, nothing = answer.json()["items"]
    assert text["text"] == "客户电话138****5678，身份证1****************2。"
    assert [(one["kind"], one["start"], one["end"]) for one in text["findings"]] == [
        ("phone", 4, 15),
        ("identity_number", 19, 37),
    ]
    assert value["value"] == {"a": [text["text"], 13812345678]}
    assert [(one["pointer"], one["start"]) for one in value["findings"]] == [("/a/0", 4), ("/a/0", 19)]
    assert (nothing["mode"], nothing["value"], nothing["findings"]) == ("json", None, [])


async def test_the_audience_inside_sees_more(service, system):
    answer = await masked(service, system, [{"text": TEXT}], audience="inside")
    assert answer.json()["items"][0]["text"] == "客户电话138****5678，身份证110101199003******。"
    assert (answer.json()["policy_version"], answer.headers["content-type"]) == (1, "application/json")


async def test_the_log_tells_counts_and_kinds_and_nothing_of_the_text(service, system):
    await masked(service, system, [{"text": TEXT}, {"value": ["13912345678"]}])
    await service.settled()
    (row,) = await service.database.pool.fetch("SELECT act, actor, customer_id, canonical, details::text FROM audit_entry")
    assert (row["act"], row["actor"], row["customer_id"]) == ("text.masked", "system:crm", None)
    assert row["details"] == '{"items": 2, "phone": 2, "audience": "outside", "policy_version": 1, "identity_number": 1}'
    for piece in ("13812345678", "138****5678", "110101199003", "客户"):
        assert piece.encode() not in row["canonical"]


async def test_a_thousand_items_are_masked_and_one_more_is_refused(service, system):
    assert len((await masked(service, system, [{"text": TEXT}] * 1_000)).json()["items"]) == 1_000
    assert (await masked(service, system, [{"text": TEXT}] * 1_001)).status_code == 422


@pytest.mark.parametrize(
    "item", [{}, {"text": "13812345678", "value": 1}, {"text": None}, {"text": 13812345678}, {"texts": "13812345678"}]
)
async def test_an_item_is_either_a_text_or_a_value_and_errors_repeat_nothing(service, system, item):
    answer = await masked(service, system, [item])
    assert (answer.status_code, answer.json()["rule"]) == (422, "input-invalid")
    assert "13812345678" not in answer.text


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('{"items":[{"value":' + "[" * 150 + "]" * 150 + "}]}", "value-too-deep"),
        ('{"items":[{"value":["\\ud800"]}]}', "value-not-json"),
        ('{"items":[{"value":{"\\ud800":1}}]}', "value-not-json"),
        ('{"items":[{"value":[1e999]}]}', "value-not-json"),
    ],
)
async def test_a_value_that_cannot_be_answered_names_its_rule(service, system, body, rule):
    headers = {**system, "content-type": "application/json"}
    answer = await service.client.post("/v1/mask", content=body, headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (422, rule)


async def test_half_a_character_in_a_text_is_refused(service, system):
    headers = {**system, "content-type": "application/json"}
    answer = await service.client.post("/v1/mask", content='{"items":[{"text":"\\ud800"}]}', headers=headers)
    assert answer.status_code == 422


async def test_a_value_deeper_than_any_stack_is_an_error_of_the_caller(service, system):
    headers = {**system, "content-type": "application/json"}
    body = '{"items":[{"value":' + "[" * 100_000 + "]" * 100_000 + "}]}"
    answer = await service.client.post("/v1/mask", content=body, headers=headers)
    assert 400 <= answer.status_code < 500


async def test_without_the_scope_nothing_is_masked(service):
    answer = await masked(service, service.headers(Scope.AUDIT_READ), [{"text": TEXT}])
    assert (answer.status_code, answer.json()["rule"]) == (403, "scope-missing")
