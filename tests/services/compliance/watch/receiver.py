"""The core bank's end: a real HTTP server that verifies signatures by itself and answers as it is told."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from steward.embedded.ports import listen

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass
class Receiver:
    """What came in: webhook-id, whether its signature holds, and the body. `answers` are given in turn, the last one for ever."""

    url: str
    answers: list[int]
    seen: list[tuple[str, bool, bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        message, moment = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        expected = base64.b64encode(hmac.new(KEY, f"{message}.{moment}.".encode() + body, hashlib.sha256).digest()).decode()
        held = f"v1,{expected}" in request.headers["webhook-signature"].split()
        self.seen.append((message, held, body))
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, headers={"Location": self.url} if status == 302 else None)


@asynccontextmanager
async def receiving(*answers: int) -> AsyncIterator[Receiver]:
    bound = listen("127.0.0.1")
    receiver = Receiver(f"http://localhost:{bound.getsockname()[1]}/freezes", list(answers))
    app = web.Application()
    app.router.add_post("/freezes", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, bound).start()
    try:
        yield receiver
    finally:
        await runner.cleanup()
