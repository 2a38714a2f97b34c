"""docker-compose.yml, read as data: what the containers' own words in the code rest on."""

from pathlib import Path

import yaml

from steward.suite import APPS

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())


def test_every_app_has_its_container_and_only_the_gateway_has_a_port_on_the_host() -> None:
    services = COMPOSE["services"]
    assert set(APPS) <= set(services)
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert list(published) == ["gateway"]
    assert all(str(port).startswith("127.0.0.1:") for port in published["gateway"])


def test_the_demo_shares_the_gateways_network_which_tells_its_counts_to_its_own_machine_only() -> None:
    assert COMPOSE["services"]["demo"]["network_mode"] == "service:gateway"
