"""A Vault's transit engine over HTTP, as far as the service speaks to it: real AES-GCM, versions, tokens, the seal."""

import base64
import contextlib
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from steward.embedded.ports import listen

KEY = "/v1/transit/keys/steward-profile"


class FakeVault:
    """State that a test changes while the service asks: `sealed`, `token`; and `requests`, how often it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.token = "first"
        self.sealed = False
        self.requests = 0
        self.versions = {1: AESGCM.generate_key(256)}
        self.least = 1

    def answer(self, method: str, path: str, token: str, body: dict) -> tuple[int, dict]:
        """Status and JSON, as Vault gives them."""
        self.requests += 1
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != self.token:
            return 403, {"errors": ["permission denied"]}
        match method, path:
            case "GET", p if p == KEY:
                return 200, {"data": {"latest_version": max(self.versions), "min_decryption_version": self.least}}
            case _, p if p == f"{KEY}/rotate":
                self.versions[max(self.versions) + 1] = AESGCM.generate_key(256)
                return 200, {"data": {}}
            case _, p if p == f"{KEY}/config":
                self.least = body["min_decryption_version"]
                return 200, {"data": {}}
            case _, "/v1/transit/encrypt/steward-profile":
                return 200, {"data": {"batch_results": [self._encrypt(item) for item in body["batch_input"]]}}
            case _, "/v1/transit/decrypt/steward-profile":
                results = [self._decrypt(item) for item in body["batch_input"]]
                return (400 if any("error" in result for result in results) else 200), {"data": {"batch_results": results}}
            case _:
                return 404, {"errors": []}

    def _encrypt(self, item: dict) -> dict:
        version, nonce = max(self.versions), os.urandom(12)
        plain, bound = (base64.b64decode(item[name]) for name in ("plaintext", "associated_data"))
        sealed = nonce + AESGCM(self.versions[version]).encrypt(nonce, plain, bound)
        return {"ciphertext": f"vault:v{version}:{base64.b64encode(sealed).decode()}"}

    def _decrypt(self, item: dict) -> dict:
        _, version, text = item["ciphertext"].split(":")
        number, sealed = int(version[1:]), base64.b64decode(text)
        if number < self.least or number not in self.versions:
            return {"error": "ciphertext version is disallowed by policy (too old)"}
        try:
            bound = base64.b64decode(item["associated_data"])
            plain = AESGCM(self.versions[number]).decrypt(sealed[:12], sealed[12:], bound)
        except InvalidTag:
            return {"error": "cipher: message authentication failed"}
        return {"plaintext": base64.b64encode(plain).decode()}


@contextlib.contextmanager
def fake_vault() -> Iterator[FakeVault]:
    """A Vault on a free port of this machine."""
    vault = FakeVault()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            status, found = vault.answer(self.command, self.path, self.headers.get("X-Vault-Token", ""), body)
            content = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _serve  # noqa: N815  # names of the base class

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with listen("127.0.0.1") as bound:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
        server.socket.close()
        server.socket = bound
        server.server_address = bound.getsockname()
        vault.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield vault
        finally:
            server.shutdown()
            thread.join()
