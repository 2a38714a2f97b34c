"""The limit for the overview: an aiohttp program that makes the same calls and nothing else.

python -m tests.bench.bare PORT < calls.json        [{"url": ..., "authorization": ...}, ...]
"""

import asyncio
import sys

import aiohttp
import orjson
import uvloop
from aiohttp import web


def application(calls: list[dict[str, str]]) -> web.Application:
    """Five calls at once, their bodies joined."""
    app = web.Application()

    async def session(app: web.Application):
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit_per_host=64)) as made:
            app["session"] = made
            yield

    async def fetch(made: aiohttp.ClientSession, call: dict[str, str]) -> bytes:
        async with made.get(call["url"], headers={"authorization": call["authorization"]}) as answer:
            return await answer.read()

    async def overview(request: web.Request) -> web.Response:
        bodies = await asyncio.gather(*(fetch(request.app["session"], call) for call in calls))
        return web.Response(body=b"[" + b",".join(bodies) + b"]", content_type="application/json")

    app.cleanup_ctx.append(session)
    app.router.add_get("/overview", overview)
    return app


if __name__ == "__main__":
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    web.run_app(application(orjson.loads(sys.stdin.read())), host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
