"""Generates what others read of the contracts, and tells when a change would break them.

`python -m steward.contracts` writes contracts/generated/ (OpenAPI of each app, JSON Schema of each event, AsyncAPI 3) and
docs/events.md; `--check` only compares.
"""
