"""What a run came to, for OpenTelemetry: a span and gauges, by OTLP over HTTP, where the environment names a collector.

Optional in both ways: nothing is sent unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set, and the packages are those of
`auditor[telemetry]`. No name from the estate is in it but the one that the team gave it. What cannot be sent is told,
and changes no exit code: the audit is what counts.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from auditor.model.audit import Audit

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""The others that the standard has (headers, certificates, timeouts, resource attributes) are heeded as well."""


def export(audit: Audit, estate: str, begun: int, ended: int, code: int) -> str | None:
    """Send the numbers of a run that took from `begun` to `ended` (nanoseconds since 1970) and ended with `code`.

    Returns a sentence when they could not be sent.
    """
    if not os.environ.get(ENDPOINT) or os.environ.get("OTEL_SDK_DISABLED", "").casefold() == "true":
        return None
    try:
        failed = _export(audit, estate, begun, ended, code)
    except ImportError:
        failed = "it needs pip install 'auditor[telemetry]'"
    except ValueError as error:  # of a variable that is no number or address
        failed = str(error)
    return f"Telemetry was not sent: {failed}." if failed else None


def _export(audit: Audit, estate: str, begun: int, ended: int, code: int) -> str | None:
    """Why it could not be sent; None when it was."""
    import logging  # here, as all that only who exports needs

    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics.export import MetricExportResult
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace.export import SpanExportResult

    for name in ("opentelemetry", "urllib3"):  # what they would print is said in a sentence
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False
    resource = Resource.create(
        {"service.name": "auditor", "service.version": audit.tool_version, "auditor.estate": estate}
    )
    spans = OTLPSpanExporter().export([_span(resource, audit, begun, ended, code)])
    metrics = OTLPMetricExporter().export(_metrics(resource, audit, (ended - begun) / 1e9, code))
    if spans is SpanExportResult.SUCCESS and metrics is MetricExportResult.SUCCESS:
        return None
    return f"the collector at {ENDPOINT} did not take it"


def _span(resource: Any, audit: Audit, begun: int, ended: int, code: int) -> Any:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    told = {"auditor.exit_code": code, **{f"auditor.{name}": value for name, value in _numbers(audit).items()}}
    provider.get_tracer("auditor", audit.tool_version).start_span("audit", start_time=begun, attributes=told).end(ended)
    (span,) = kept.get_finished_spans()
    return span


def _metrics(resource: Any, audit: Audit, seconds: float, code: int) -> Any:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    from auditor.model.finding import Outcome
    from auditor.render.phrasing import count_of

    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader], resource=resource, shutdown_on_exit=False)
    meter = provider.get_meter("auditor", audit.tool_version)
    answers = meter.create_gauge("auditor.answers", "{answer}", "Answers of the audit by outcome.")
    for outcome in Outcome:
        answers.set(count_of(audit.counts, outcome), {"outcome": outcome.value})
    failures = meter.create_gauge("auditor.failures", "{finding}", "What fails, by severity.")
    for severity, number in audit.fail_counts.items():
        failures.set(number, {"severity": severity})
    for name, number in _numbers(audit).items():
        meter.create_gauge(f"auditor.{name}").set(number)
    meter.create_gauge("auditor.duration", "s", "What the run took.").set(seconds)
    meter.create_gauge("auditor.exit_code").set(code)
    found = reader.get_metrics_data()
    provider.shutdown()
    return found


def _numbers(audit: Audit) -> dict[str, int]:
    from auditor.render.document import summary_of

    summary = summary_of(audit)
    return {"resources": summary.resources, "rules_exercised": summary.rules_exercised, "gaps": summary.gaps}
