"""Nothing leaves for a place, or with a field, that the allow-list does not name (H20)."""

import json

import pytest
from pydantic import ValidationError

from contracts.disclosure.destinations import DestinationNotAllowed, destinations, parse_destinations

BANK = parse_destinations(
    json.dumps(
        {
            "version": 1,
            "destinations": {
                "core_bank": {"about": "freezes", "hosts": ["core.bank.example"], "fields": ["alert_id", "act"]},
                "identity_provider": {"about": "keys", "hosts": [], "setting": "issuer", "fields": []},
            },
        }
    )
)
SETTINGS = {"issuer": "https://id.bank.example/realm", "port": 8000}


def require(name: str, url: str, *fields: str) -> None:
    BANK.require(name, url, fields=fields, settings=SETTINGS)


def test_what_the_list_names_may_leave() -> None:
    assert require("core_bank", "https://core.bank.example/freeze", "alert_id", "act") is None
    assert require("identity_provider", "https://id.bank.example/keys") is None


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("marketing", "https://core.bank.example/"),
        ("core_bank", "https://evil.example/"),
        ("core_bank", "http://core.bank.example/"),
        ("core_bank", "https://core.bank.example.evil.example/"),
        ("core_bank", "https://core.bank.example@evil.example/"),
        ("core_bank", "https://user:pass@core.bank.example/"),
        ("identity_provider", "https://id.bank.example:8443/keys"),
        ("identity_provider", "http://id.bank.example/keys"),
        ("identity_provider", "file:///etc/passwd"),
        ("identity_provider", "https://[half/"),
    ],
)
def test_another_place_is_refused_and_not_repeated(name: str, url: str) -> None:
    with pytest.raises(DestinationNotAllowed) as refused:
        require(name, url)
    assert "example" not in refused.value.detail


def test_a_field_that_the_list_does_not_name_stays() -> None:
    with pytest.raises(DestinationNotAllowed, match="1 fields"):
        require("core_bank", "https://core.bank.example/freeze", "alert_id", "balance")


@pytest.mark.parametrize("field", ["phone", "id_number", "name", "balance_fen", "birth_date", "password"])
def test_personal_data_cannot_be_put_on_the_list(field: str) -> None:
    document = {"version": 1, "destinations": {"x": {"about": "x", "hosts": ["a.example"], "fields": [field]}}}
    with pytest.raises(ValidationError, match="leaves for nobody"):
        parse_destinations(json.dumps(document))


def test_the_packaged_list_sends_nothing_but_freeze_requests() -> None:
    sent = {name: place.fields for name, place in destinations().destinations.items() if place.fields}
    assert sent == {
        "core_bank": {"type", "timestamp", "data", "freeze_id", "alert_id", "reason", "transactions", "day", "amount_fen"}
    }
