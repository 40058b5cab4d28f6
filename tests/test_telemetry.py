"""What a run tells an OpenTelemetry collector: one that really receives OTLP, and reads it by the published schema."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import tools
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

pytestmark = pytest.mark.slow

SHAPES = {"/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest}
VAULT = {
    "id": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/"
    "Microsoft.KeyVault/vaults/kv",
    "type": "Microsoft.KeyVault/vaults",
    "name": "kv",
    "properties": {"enablePurgeProtection": False},
}


class Collector(BaseHTTPRequestHandler):
    """Keeps what it is sent by path; `status` is its answer."""

    got: dict[str, Any]
    status: int

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        message = SHAPES[self.path]()
        message.ParseFromString(body)
        self.got[self.path] = message
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


@pytest.fixture
def collector() -> Iterator[tuple[str, type[Collector]]]:
    class Own(Collector):
        got = {}
        status = 200

    server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", Own
    server.shutdown()
    server.server_close()


def scan(folder: Path, *words: str, **environment: str) -> Any:
    (folder / "estate.json").write_text(json.dumps(VAULT))
    command = [sys.executable, "-m", "auditor", "scan", "--from", "estate.json", "--estate", "prod", "-f", "line"]
    command += ["--select", "azure.key-vault.purge-protection", *words]
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=tools.PATIENCE,
    )


def test_a_run_is_a_span_and_gauges(collector: Any, tmp_path: Path) -> None:
    address, received = collector
    done = scan(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=address)
    assert (done.returncode, done.stderr) == (1, ""), done.stderr
    (spans,) = received.got["/v1/traces"].resource_spans
    named = {one.key: one.value.string_value for one in spans.resource.attributes}
    assert (named["service.name"], named["auditor.estate"]) == ("auditor", "prod")
    (span,) = spans.scope_spans[0].spans
    told = {one.key: one.value.int_value for one in span.attributes}
    assert (span.name, told["auditor.exit_code"], told["auditor.resources"]) == ("audit", 1, 1)
    assert 0 < span.end_time_unix_nano - span.start_time_unix_nano < 120e9
    metrics = received.got["/v1/metrics"].resource_metrics[0].scope_metrics[0].metrics
    points = {
        (metric.name, *(attribute.value.string_value for attribute in point.attributes)): point.as_int
        for metric in metrics
        for point in metric.gauge.data_points
    }
    assert points["auditor.failures", "high"] + points["auditor.failures", "medium"] == 1
    assert points["auditor.answers", "fail"] == 1
    assert points["auditor.exit_code",] == 1


def test_a_collector_that_is_not_there_changes_nothing(collector: Any, tmp_path: Path) -> None:
    address, received = collector
    received.status = 400
    done = scan(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=address)
    assert done.returncode == 1
    assert done.stderr == "Telemetry was not sent: the collector at OTEL_EXPORTER_OTLP_ENDPOINT did not take it.\n"
    gone = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    done = scan(tmp_path, **gone)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr


def test_nothing_is_sent_unless_asked(collector: Any, tmp_path: Path) -> None:
    address, received = collector
    assert scan(tmp_path).stderr == ""
    assert scan(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=address, OTEL_SDK_DISABLED="true").stderr == ""
    assert not received.got


def test_without_the_packages_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "opentelemetry").mkdir()
    (tmp_path / "opentelemetry" / "__init__.py").write_text("raise ImportError('not here')")
    done = scan(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "pip install 'auditor[telemetry]'" in done.stderr
