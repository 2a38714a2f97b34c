"""The page at /docs: the suite's OpenAPI document in the bundled viewer. Everything comes from this server."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import swagger_ui_bundle

ASSETS = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
"""What the page loads, by name; nothing else of the bundle is served."""

# The viewer writes style attributes and shows its icons as data: URLs; scripts come from files only.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Steward</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="viewer"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

_START = """window.ui = SwaggerUIBundle({
  url: "/docs/openapi.json", dom_id: "#viewer", deepLinking: true, validatorUrl: null, docExpansion: "none", filter: true
});
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A file to be served."""

    content_type: str
    body: bytes


@cache
def page(path: str) -> Page | None:
    """What is under /docs at `path`; None for anything else."""
    if path == "/docs":
        return Page("text/html; charset=utf-8", _PAGE.encode())
    name = path.removeprefix("/docs/")
    if name == "start.js":
        return Page(ASSETS["swagger-ui-bundle.js"], _START.encode())
    if name not in ASSETS:
        return None
    return Page(ASSETS[name], (Path(swagger_ui_bundle.swagger_ui_path) / name).read_bytes())
