"""One trace runs from the request through the outbox and the broker to the reaction."""

from uuid import UUID

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import service as composition
from chassis.telemetry import Telemetry
from contracts.values import Scope
from tests.chassis import probe
from tests.support.servers import TestServers

CUSTOMER = UUID(int=7)


async def test_a_trace_crosses_http_the_outbox_nats_and_the_reaction(servers: TestServers, monkeypatch) -> None:
    exporter = InMemorySpanExporter()
    monkeypatch.setattr(composition, "Telemetry", lambda service, **_: Telemetry(service, exporter=exporter))
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    async with probe.running(servers, listening=True) as service:
        headers = service.headers(Scope.PROFILE_WRITE, customer=CUSTOMER)
        headers["traceparent"] = f"00-{trace_id}-00f067aa0ba902b7-01"
        identity = "110101199003074477"
        answer = await service.client.post(f"/v1/customers/{CUSTOMER}/notes", json={"text": identity}, headers=headers)
        assert answer.status_code == 201
        await service.settled()
        runtime = service.runtime
    spans = {span.name: span for span in exporter.get_finished_spans() if f"{span.context.trace_id:032x}" == trace_id}
    assert {"POST", "consume"} <= set(spans)
    assert spans["consume"].parent.span_id == spans["POST"].context.span_id
    assert spans["POST"].attributes["http.route"] == "/v1/customers/{customer_id}/notes"
    assert all(identity not in str(span.attributes) + str(span.events) for span in exporter.get_finished_spans())
    assert runtime.telemetry.enabled


def test_without_an_exporter_nothing_is_traced() -> None:
    assert not Telemetry("probe").enabled
