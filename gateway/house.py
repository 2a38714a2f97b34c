"""What stands behind the door: peers, keys, policies, limits. Made once for an application."""

from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import FastAPI
from joserfc.jwk import KeySet

from chassis.outgoing import Outgoing
from chassis.service import Runtime
from gateway.access import Access
from gateway.calls import Calls
from gateway.issuer import discovery, load_key, public_keys
from gateway.limits import Buckets
from gateway.openapi import for_viewer, merge
from gateway.overview import Overview
from gateway.own import ME, described
from gateway.policy import access_policy
from gateway.proxy import Proxy
from gateway.routes import Route, Routes, documents, routes_of
from gateway.script import Script
from gateway.settings import Settings
from gateway.tokens import Keys, Verifier, fetch_keys
from gateway.wording import Wording


@dataclass(slots=True)
class House:
    """The parts that answer requests."""

    runtime: Runtime
    calls: Calls
    access: Access
    verifier: Verifier
    routes: Routes
    proxy: Proxy
    overview: Overview
    script: Script
    wording: Wording
    principals: Buckets
    addresses: Buckets
    files: dict[str, bytes]
    """Public JSON documents by path."""

    async def open(self) -> None:
        """Get ready to call."""
        await self.calls.open()

    async def close(self) -> None:
        """Hang up."""
        await self.calls.close()


def build(app: FastAPI, runtime: Runtime, settings: Settings) -> House:
    """The house for an application whose own routes are all declared."""
    calls = Calls(settings.peers(), connections_per_peer=settings.connections_per_peer)
    access = Access(
        policy=access_policy(),
        calls=calls,
        database=lambda: runtime.database,
        key=load_key(settings.capability_key),
        allow_seconds=settings.allow_seconds,
        deadline_seconds=settings.access_deadline_seconds,
    )
    own = described(app.openapi())
    return House(
        runtime=runtime,
        calls=calls,
        access=access,
        verifier=_verifier(runtime, settings),
        routes=Routes(_routes(own)),
        proxy=Proxy(
            calls,
            read_seconds=settings.read_deadline_seconds,
            write_seconds=settings.write_deadline_seconds,
            max_body_bytes=settings.max_body_bytes,
        ),
        overview=Overview(calls, access, deadline_seconds=settings.overview_deadline_seconds),
        script=Script(calls, access, deadline_seconds=settings.overview_deadline_seconds),
        wording=Wording(calls, load_key(settings.capability_key), deadline_seconds=settings.scan_deadline_seconds),
        principals=Buckets(per_second=settings.principal_per_second, burst=settings.principal_burst),
        addresses=Buckets(per_second=settings.address_per_second, burst=settings.address_burst),
        files=_files(own, settings),
    )


def _routes(own: dict[str, Any]) -> list[Route]:  # Any: a JSON document
    """Everything that passes: the services' operations, then the gateway's own."""
    found = [route for name, document in documents().items() for route in routes_of(name, document)]
    found += routes_of("gateway", own)
    found.append(Route("gateway", "GET", ME, None))
    return found


def _verifier(runtime: Runtime, settings: Settings) -> Verifier:
    if settings.issuer_key is not None:
        local = KeySet.import_key_set(public_keys(load_key(settings.issuer_key)))  # type: ignore[arg-type]  # a JWK set as JSON

        async def fetch() -> KeySet:
            return local
    else:
        outgoing = Outgoing(settings, runtime.database)

        async def fetch() -> KeySet:
            return await fetch_keys(settings.issuer, outgoing)

    return Verifier(keys=Keys(fetch), issuer=settings.issuer, audience=settings.audience, clock=runtime.clock)


def _files(own: dict[str, Any], settings: Settings) -> dict[str, bytes]:  # Any: a JSON document
    suite = merge(own, documents())
    files = {"/openapi.json": orjson.dumps(suite), "/docs/openapi.json": orjson.dumps(for_viewer(suite))}
    if settings.issuer_key is not None:
        base_url = f"http://{settings.host}:{settings.port}"
        files["/.well-known/openid-configuration"] = orjson.dumps(discovery(settings.issuer, base_url))
        files["/.well-known/jwks.json"] = orjson.dumps(public_keys(load_key(settings.issuer_key)))
    return files
