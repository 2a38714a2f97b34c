"""OpenTelemetry: traces over HTTP, SQL transactions and NATS, and metrics of the pipes. Nothing is exported unless told to.

Span attributes are ids, codes and numbers only.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context, metrics, trace
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()


class Telemetry:
    """Traces and metrics of one service; `exporter` is for tests, `endpoint` for an OTLP collector over HTTP."""

    def __init__(
        self, service: str, *, endpoint: str | None = None, ratio: float = 1.0, exporter: SpanExporter | None = None
    ) -> None:
        self.enabled = endpoint is not None or exporter is not None
        self._traces: TracerProvider | None = None
        self._meters: MeterProvider | None = None
        resource = Resource.create({"service.name": f"steward-{service}"})
        if endpoint is not None:
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415  # costs 0.2 s
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

            exporter = exporter or OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=3)
            reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{endpoint}/v1/metrics", timeout=3))
            self._meters = MeterProvider(resource=resource, metric_readers=[reader])
        if exporter is not None:
            self._traces = TracerProvider(resource=resource, sampler=ParentBasedTraceIdRatio(ratio))
            self._traces.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer = self._traces.get_tracer("steward") if self._traces else trace.NoOpTracer()
        self.meter = self._meters.get_meter("steward") if self._meters else metrics.NoOpMeter("steward")

    def gauge(self, name: str, read: Callable[[], float | None], unit: str = "1") -> None:
        """A gauge whose value is read at each export."""

        def observe(_: CallbackOptions) -> Iterable[Observation]:
            value = read()
            return [] if value is None else [Observation(value)]

        self.meter.create_observable_gauge(name, callbacks=[observe], unit=unit)

    def close(self) -> None:
        """Flush and stop, bounded by the exporters' time-outs."""
        if self._traces is not None:
            self._traces.shutdown()
        if self._meters is not None:
            self._meters.shutdown()


_TRACER_KEY = context.create_key("steward-tracer")


@contextmanager
def tracing(telemetry: Telemetry, name: str, carrier: Mapping[str, str]) -> Iterator[trace.Span]:
    """A server or consumer span that continues the trace in `carrier` (W3C traceparent); spans below use its tracer."""
    if not telemetry.enabled:
        yield trace.INVALID_SPAN
        return
    parent = _PROPAGATOR.extract(carrier)
    token = context.attach(context.set_value(_TRACER_KEY, telemetry.tracer, parent))
    try:
        with telemetry.tracer.start_as_current_span(name, record_exception=False) as current:
            yield current
    finally:
        context.detach(token)


@contextmanager
def span(name: str, attributes: Mapping[str, int | str] | None = None) -> Iterator[None]:
    """A span below the current one; nothing where nothing is traced."""
    tracer = context.get_value(_TRACER_KEY)
    if not isinstance(tracer, trace.Tracer):
        yield
        return
    with tracer.start_as_current_span(name, attributes=dict(attributes or {}), record_exception=False):
        yield


def current_traceparent() -> str | None:
    """The W3C traceparent of the current span, to travel with an event or a call; None where nothing is traced."""
    if not trace.get_current_span().get_span_context().is_valid:
        return None
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")
