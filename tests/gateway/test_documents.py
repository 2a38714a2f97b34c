"""The suite on one page: every operation that passes, and nothing from elsewhere."""

import re

import httpx
import orjson
import pytest
from joserfc.jwk import OKPKey

from chassis.outgoing import Outgoing
from contracts.values import Role, Scope
from gateway.issuer import mint, public_keys
from gateway.openapi import for_viewer, merge
from gateway.pages import ASSETS, page
from gateway.routes import SERVICES, MethodUnknown, Route, Routes, RouteUnknown, documents, routes_of
from gateway.tokens import fetch_keys
from steward.apps import serving
from steward.embedded.ports import listen
from tests.gateway.bank import Bank


def route(template: str, method: str = "GET", service: str = "profile") -> Route:
    return Route(service, method, template, Scope.PROFILE_READ)


def test_fixed_segments_come_before_variable_ones() -> None:
    routes = Routes([route("/v1/customers/{customer_id}"), route("/v1/customers/search"), route("/v1/{kind}/search/deep")])
    assert routes.find("GET", "/v1/customers/search")[0].template == "/v1/customers/search"
    found, parameters = routes.find("GET", "/v1/customers/7")
    assert (found.template, parameters) == ("/v1/customers/{customer_id}", {"customer_id": "7"})
    assert routes.find("GET", "/v1/customers/search/deep")[1] == {"kind": "customers"}


@pytest.mark.parametrize("path", ["/", "", "/v1", "/v1/customers/", "/v1/customers/7/", "//v1/customers/7", "/V1/customers/7"])
def test_a_path_matches_as_a_whole_or_not_at_all(path: str) -> None:
    with pytest.raises(RouteUnknown):
        Routes([route("/v1/customers/{customer_id}")]).find("GET", path)


def test_a_method_that_is_not_declared_is_refused_and_two_owners_of_a_path_are_an_error() -> None:
    with pytest.raises(MethodUnknown, match="GET"):
        Routes([route("/v1/x")]).find("PUT", "/v1/x")
    with pytest.raises(ValueError, match="twice"):
        Routes([route("/v1/x"), route("/v1/x", service="tiering")])


def test_operations_without_an_access_rule_do_not_pass() -> None:
    document = {
        "paths": {
            "/a": {"get": {}},
            "/b": {"get": {"x-access": {"scope": None}}},
            "/c": {"get": {"x-access": {"scope": "tier.read"}}},
        }
    }
    assert [found.template for found in routes_of("tiering", document)] == ["/c"]


def test_the_five_services_have_documents_and_their_routes_fit_together() -> None:
    assert set(documents()) == set(SERVICES)
    found = [entry for name, document in documents().items() for entry in routes_of(name, document)]
    Routes(found)
    owners = {entry.template: entry.service for entry in found}
    assert owners["/v1/customers/{customer_id}/tier"] == "tiering"
    assert owners["/v1/access/decisions"] == "profile"
    assert next(entry for entry in found if entry.template == "/v1/customers/{customer_id}/plan").customer == "path"


def test_a_schema_that_differs_between_services_keeps_both_shapes() -> None:
    def document(kind: str) -> dict:
        reference = {"$ref": "#/components/schemas/RunOut"}
        operation = {
            "x-access": {"scope": "tier.run"},
            "responses": {"200": {"content": {"application/json": {"schema": reference}}}},
        }
        schemas = {"RunOut": {"type": kind}, "Same": {"type": "string"}}
        return {
            "openapi": "3.1.0",
            "info": {"version": "1"},
            "paths": {f"/{kind}": {"get": operation}},
            "components": {"schemas": schemas},
        }

    merged = merge(document("object"), {"tiering": document("array")})
    assert merged["components"]["schemas"] == {
        "RunOut": {"type": "object"},
        "tiering_RunOut": {"type": "array"},
        "Same": {"type": "string"},
    }
    shown = merged["paths"]["/array"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert shown == {"$ref": "#/components/schemas/tiering_RunOut"}


def references(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(item) for item in value.values()))
    return set().union(*(references(item) for item in value)) if isinstance(value, list) else set()


async def test_the_whole_suite_is_one_document_whose_references_all_lead_somewhere(bank: Bank, monkeypatch) -> None:
    answer = await bank.client.get("/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    for path in (
        "/v1/me",
        "/v1/customers/{customer_id}/overview",
        "/v1/cases",
        "/v1/customers/{customer_id}/tier",
        "/v1/packages",
    ):
        assert path in document["paths"]
    assert document["paths"]["/v1/packages"]["get"]["tags"] == ["tiering"]
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


async def test_the_viewers_document_speaks_openapi_3_0(bank: Bank) -> None:
    document = (await bank.client.get("/docs/openapi.json")).json()
    assert document["openapi"] == "3.0.3"
    text = orjson.dumps(document).decode()
    assert '{"type":"null"}' not in text
    assert '"const":' not in text


def test_words_of_3_1_are_said_in_those_of_3_0() -> None:
    schema = {
        "a": {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]},
        "b": {"anyOf": [{"$ref": "#/x"}, {"type": "null"}]},
        "c": {"const": "one"},
        "d": {"type": "integer", "exclusiveMinimum": 0, "examples": [1, 2]},
    }
    assert for_viewer(schema) == {
        "openapi": "3.0.3",
        "a": {"type": "string", "format": "uuid", "nullable": True},
        "b": {"anyOf": [{"$ref": "#/x"}], "nullable": True},
        "c": {"enum": ["one"]},
        "d": {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "example": 1},
    }


async def test_the_page_loads_everything_from_this_server_and_its_policy_allows_nothing_else(bank: Bank) -> None:
    shown = await bank.client.get("/docs")
    assert shown.headers["content-type"].startswith("text/html")
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    sources = re.findall(r'(?:src|href)="([^"]+)"', shown.text)
    assert len(sources) == 4
    for source in sources:
        loaded = await bank.client.get(source)
        assert loaded.status_code == 200, source
        assert loaded.content
    assert "<script>" not in shown.text
    start = await bank.client.get("/docs/start.js")
    assert '"/docs/openapi.json"' in start.text


@pytest.mark.parametrize("path", ["/docs/../main.py", "/docs/index.html", "/docs/", "/docs/swagger-ui.js.map", "/openapi"])
async def test_nothing_else_of_the_bundle_is_served(bank: Bank, path: str) -> None:
    assert page(path) is None
    assert (await bank.client.get(path)).status_code in (401, 404)


def test_the_assets_are_there() -> None:
    for name in ASSETS:
        shown = page(f"/docs/{name}")
        assert shown is not None
        assert len(shown.body) > 500


async def test_the_local_issuer_publishes_its_keys_and_no_secret(bank: Bank) -> None:
    about = (await bank.client.get("/.well-known/openid-configuration")).json()
    assert about["issuer"] == "steward-local"
    keys = (await bank.client.get("/.well-known/jwks.json")).json()["keys"]
    assert [sorted(key) for key in keys] == [["alg", "crv", "kid", "kty", "use", "x"]]


async def test_with_the_banks_own_issuer_there_is_no_local_one(banks) -> None:
    async with banks(issuer="http://127.0.0.1:9", issuer_key=None) as bank:
        assert (await bank.client.get("/.well-known/jwks.json")).status_code == 401
        answer = await bank.client.get("/v1/me", headers=bank.adviser(issuer="http://127.0.0.1:9"))
        assert (answer.status_code, answer.json()["rule"]) == (503, "issuer-unavailable")


class IdentityProvider:
    """A bank's own issuer: discovery document and keys over HTTP. `claimed` is what it says its name is."""

    def __init__(self, url: str) -> None:
        self.claimed = url
        self.url = url
        self.keys_at = f"{url}/keys"
        self.key = OKPKey.generate_key("Ed25519", auto_kid=True)

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return
        about = {"issuer": self.claimed, "jwks_uri": self.keys_at}
        body = orjson.dumps(public_keys(self.key) if scope["path"] == "/keys" else about)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})


async def test_the_banks_own_issuer_is_found_by_its_discovery_document(banks) -> None:
    with listen("127.0.0.1") as bound:
        provider = IdentityProvider(f"http://127.0.0.1:{bound.getsockname()[1]}")
        async with serving({"issuer": provider}, {"issuer": bound}), banks(issuer=provider.url, issuer_key=None) as bank:
            token = mint(provider.key, now=bank.gateway.clock.now(), subject="u1", roles=[Role.AUDITOR], issuer=provider.url)
            answer = await bank.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.json()["roles"]) == (200, ["auditor"])


async def test_an_issuer_that_calls_itself_otherwise_is_not_believed(banks) -> None:
    with listen("127.0.0.1") as bound:
        provider = IdentityProvider(f"http://127.0.0.1:{bound.getsockname()[1]}")
        provider.claimed = "https://evil.example"
        async with serving({"issuer": provider}, {"issuer": bound}), banks(issuer=provider.url, issuer_key=None) as bank:
            outgoing = Outgoing(bank.gateway.runtime.settings, bank.gateway.database)
            with pytest.raises(ValueError, match="another issuer"):
                await fetch_keys(provider.url, outgoing)


async def test_keys_from_a_place_that_is_not_on_the_list_are_not_fetched_and_the_try_is_audited(banks) -> None:
    with listen("127.0.0.1") as bound:
        provider = IdentityProvider(f"http://127.0.0.1:{bound.getsockname()[1]}")
        provider.keys_at = provider.url.replace("127.0.0.1", "localhost") + "/keys"
        async with serving({"issuer": provider}, {"issuer": bound}), banks(issuer=provider.url, issuer_key=None) as bank:
            token = mint(provider.key, now=bank.gateway.clock.now(), subject="u1", roles=[Role.AUDITOR], issuer=provider.url)
            answer = await bank.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.json()["rule"]) == (503, "issuer-unavailable")
            query = "SELECT payload FROM outbox WHERE subject = 'gateway.audit.recorded.v1'"
            (told,) = [orjson.loads(row["payload"])["data"] for row in await bank.gateway.database.pool.fetch(query)]
            assert (told["act"], told["outcome"], told["rule"]) == (
                "outgoing.identity_provider", "refused", "destination-not-allowed",
            )  # fmt: skip


async def test_health_is_open_and_tells_nothing_personal(bank: Bank) -> None:
    assert (await bank.client.get("/health/live")).json() == {"status": "alive"}
    assert (await bank.client.get("/health/ready")).status_code in (200, 503)


async def test_the_counts_of_the_pipes_are_for_this_machine_only(bank: Bank) -> None:
    app = bank.gateway.app
    answers = []
    for address in ("127.0.0.1", "10.0.0.7"):
        transport = httpx.ASGITransport(app, client=(address, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            answers.append(await client.get("/internal/status"))
    assert [answer.status_code for answer in answers] == [200, 401]
    assert "outbox_lag" not in answers[1].text
