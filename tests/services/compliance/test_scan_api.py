import orjson
import pytest

from contracts.values import Role, Scope
from services.compliance.main import SERVICE
from services.compliance.scanning.actions import MOST_CHARACTERS
from services.compliance.scanning.schemas import LONGEST_TEXT, MOST_TEXTS


@pytest.fixture
async def service(running):
    async with running(SERVICE) as found:
        yield found


@pytest.fixture
def adviser(service):
    return service.headers(Scope.CONTENT_SCAN, roles=[Role.ADVISER], subject="staff:A100")


async def scanned(service, headers, *texts, kind="draft"):
    body = {"texts": [{"text": text, "kind": kind} for text in texts]}
    return await service.client.post("/v1/scan", json=body, headers=headers)


async def test_a_promise_is_returned_with_place_rule_clause_and_suggestion(service, adviser):
    answer = await scanned(service, adviser, "😀本產品保 本-保息")
    assert answer.status_code == 200
    said = answer.json()
    assert (said["passes"], said["lexicon_version"]) == (False, 1)
    (finding,) = said["results"][0]["findings"]
    assert (finding["rule"], finding["phrase"], finding["start"], finding["end"]) == ("principal-promised", "保本保息", 4, 10)
    assert "广告法第二十五条" in finding["clause"]
    assert finding["suggestion"].keys() == {"zh", "en"}


async def test_a_thousand_texts_are_judged_in_one_call_in_their_order(service, adviser):
    texts = ["返 现" if number % 3 == 0 else "不返现" for number in range(MOST_TEXTS)]
    said = (await scanned(service, adviser, *texts, kind="referral")).json()
    assert [result["passes"] for result in said["results"]] == [number % 3 != 0 for number in range(MOST_TEXTS)]


async def test_a_long_batch_is_judged_beside_other_requests(service, adviser):
    said = (await scanned(service, adviser, *["您好。" * 6_000, "保本" + "您好。" * 6_000])).json()
    assert [result["passes"] for result in said["results"]] == [True, False]


async def test_a_proposal_without_a_risk_warning_is_told_what_is_missing(service, adviser):
    said = (await scanned(service, adviser, "资产配置建议", kind="proposal")).json()
    (finding,) = said["results"][0]["findings"]
    assert (finding["rule"], finding["phrase"], finding["start"]) == ("risk-warning-missing", None, None)


async def test_the_log_holds_counts_and_nothing_of_the_text(service, adviser):
    secret = "张三丰保证您稳赚不赔"
    await scanned(service, adviser, secret, "返现", "您好")
    await service.settled()
    row = await service.database.pool.fetchrow(
        "SELECT details, canonical FROM audit_entry WHERE act = 'text.scanned' ORDER BY position DESC LIMIT 1"
    )
    assert orjson.loads(row["details"]) == {
        "lexicon": 1,
        "texts": 3,
        "failed": 2,
        "rule.cash-back-promised": 1,
        "rule.return-promised": 1,
    }
    assert not set("张三丰稳赚返现") & set(row["canonical"].decode())


@pytest.mark.parametrize(
    "body",
    [
        {"texts": []},
        {"texts": [{"text": "a", "kind": "draft"}] * (MOST_TEXTS + 1)},
        {"texts": [{"text": "长" * (LONGEST_TEXT + 1), "kind": "draft"}]},
        {"texts": [{"text": "保本保息", "kind": "poem"}]},
        {"texts": [{"text": "保本保息", "kind": "draft", "customer": "1"}]},
    ],
)
async def test_a_body_out_of_bounds_is_refused_without_being_quoted(service, adviser, body):
    answer = await service.client.post("/v1/scan", json=body, headers=adviser)
    assert answer.status_code == 422
    assert "保本" not in answer.text


async def test_texts_too_long_together_are_refused_by_name(service, adviser):
    texts = ["长" * LONGEST_TEXT] * (MOST_CHARACTERS // LONGEST_TEXT) + ["长"]
    answer = await scanned(service, adviser, *texts)
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("too-much-text")


async def test_a_caller_without_the_scope_is_refused(service):
    answer = await scanned(service, service.headers(Scope.AUDIT_READ), "您好")
    assert answer.status_code == 403
