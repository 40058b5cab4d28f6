"""Excerpts: what they show around the evidence of a failure, and what they never tell."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from auditor.cli import root
from auditor.evaluate.snippets import Excerpts, excerpt
from auditor.model.finding import Evidence, Excerpt, Severity
from auditor.model.resource import Origin, Resource

GATEWAY = {
    "name": "agw",
    "properties": {
        "sku": {"name": "WAF_v2"},
        "state": "Running",
        "settings": [
            {"name": "one", "properties": {"protocol": "Https"}},
            {"name": "two", "properties": {"port": 80, "protocol": "Http", "timeout": 30}},
            {"name": "three"},
        ],
    },
}


def shown(body: dict[str, Any], *paths: str, kind: str = "Microsoft.X/y") -> str:
    """The excerpt as text; lines that decided begin with `>`."""
    resource = Resource(kind, body, Origin())
    found = excerpt(resource, "f", [Evidence(path=path, actual=None, expected="true") for path in paths])
    if found is None:
        return ""
    return "\n".join(("> " if n in found.marked else "  ") + line for n, line in enumerate(found.lines))


def test_the_smallest_part_around_the_evidence() -> None:
    assert shown(GATEWAY, "properties.settings[1].properties.protocol").splitlines() == [
        '  "name": "agw"',
        '  "properties": {',
        '    "settings": [',
        "      … 1 more",
        "      {",
        '        "name": "two"',
        '        "properties": {',
        '          "port": 80',
        '>         "protocol": "Http"',
        '          "timeout": 30',
        "        }",
        "      }",
        "      … 1 more",
        "    ]",
        "    … 2 more",
        "  }",
    ]


def test_what_is_not_there_is_said() -> None:
    assert '>   "minimumTls": absent' in shown(GATEWAY, "properties.minimumTls")
    assert '>   "network.default.action": absent' in shown(GATEWAY, "properties.network.default.action")
    assert '>   "state": "Running"' in shown(GATEWAY, "PROPERTIES.State")  # ARM promises no casing


def test_a_field_whose_name_holds_dots() -> None:
    body = {"metadata": {"annotations": {"nginx.org/ssl-services": "shop"}}}
    assert '"nginx.org/ssl-services": "shop"' in shown(body, "metadata.annotations['nginx.org/ssl-services']")


def test_containers_of_a_workload() -> None:
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {"template": {"spec": {"containers": [{"name": "api", "image": "shop:latest"}]}}},
    }
    assert '>     "image": "shop:latest"' in shown(body, "containers[0].image", kind="apps/Deployment")


@pytest.mark.parametrize("spec", [{}, {"spec": None}, {"spec": {"template": "x"}}])
def test_a_workload_without_containers(spec: dict[str, Any]) -> None:
    body = {"apiVersion": "apps/v1", "kind": "Deployment", **spec}
    assert shown(body, "containers[0].image", "podSpec.hostPID", kind="apps/Deployment").splitlines() == [
        '> "podSpec": (not known: spec.template.spec is not an object)',
        '> "containers": (not known: spec.template.spec is not an object)',
        '  "kind": "Deployment"',
    ]


def test_nothing_for_what_lies_elsewhere() -> None:
    assert shown(GATEWAY, "related microsoft.insights/diagnosticsettings") == ""


SECRETS = [
    {"adminPassword": "hunter2"},
    {"settings": {"connectionString": "Server=x"}},
    {"conn": "Endpoint=sb://x/;SharedAccessKey=hunter2"},
    {"env": [{"name": "DB", "value": "hunter2"}]},
    {"endpoint": "https://user:hunter2@example.org/"},
    {"url": "https://example.org/x?sig=hunter2"},
    {"primaryKey": "hunter2"},
    {"blob": "hunter2AbCdEf0123456789AbCdEf0123456789"},
    {"pem": "-----BEGIN PRIVATE KEY-----hunter2"},
    {"jwt": "eyJhbGciOi.hunter2"},
    {"clientSecret": "hunter2"},
    {"snippet": "proxy_set_header Authorization 'Basic hunter2x';"},
]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_beside_the_evidence(secret: dict[str, Any]) -> None:
    assert "hunter2" not in shown({"properties": {"tls": "1.0", **secret}}, "properties.tls")
    path = f"properties.{next(iter(secret))}"
    inside = f"{path}[*]" if isinstance(secret.get("env"), list) else path
    assert "hunter2" not in shown({"properties": secret}, inside)


def test_references_to_secrets_are_no_secrets() -> None:
    vault = "https://kv.vault.azure.net/secrets/tls"
    text = shown({"properties": {"tls": 1, "keyVaultSecretId": vault, "secretName": "tls"}}, "properties.tls")
    assert vault in text and '"secretName": "tls"' in text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=5), inner, max_size=9),
        max_leaves=40,
    ),
    st.lists(st.text(st.sampled_from(list("ab.[]*0'")), max_size=12), max_size=4),
)
def test_any_body_and_any_path(value: Any, paths: list[str]) -> None:
    text = shown({"a": value, "b": [value]}, "a", *paths)
    assert len(text.splitlines()) <= 61 and max(map(len, text.splitlines()), default=0) < 1000


def one(severity: Severity, name: str) -> tuple[int, Excerpt]:
    return severity.rank, Excerpt(fingerprint=name, lines=(), marked=())


def test_the_gravest_are_kept() -> None:
    kept = Excerpts(limit=2)
    order = [
        one(Severity.LOW, "1"),
        one(Severity.HIGH, "2"),
        one(Severity.LOW, "3"),
        one(Severity.CRITICAL, "4"),
        one(Severity.HIGH, "5"),
    ]
    for rank, found in order:
        if kept.wanted(rank):
            kept.keep(rank, found)
    assert [found.fingerprint for found in kept.listed()] == ["4", "2"]


@given(st.lists(st.sampled_from(list(Severity))), st.integers(0, 30), st.integers(1, 9))
def test_parts_together_keep_what_one_would(severities: list[Severity], cut: int, limit: int) -> None:
    everything = [one(severity, str(n)) for n, severity in enumerate(severities)]
    whole, first, second = Excerpts(limit), Excerpts(limit), Excerpts(limit)
    for n, (rank, found) in enumerate(everything):
        for into in (whole, first if n < cut else second):
            if into.wanted(rank):
                into.keep(rank, found)
    first.join(second)
    expected = [found for _, found in sorted(everything, key=lambda item: item[0])][:limit]
    assert whole.listed() == first.listed() == expected


def test_reports_carry_them_unless_told_otherwise() -> None:
    plain = CliRunner().invoke(root, ["demo", "-q", "-f", "json"])
    document = json.loads(plain.stdout)
    fingerprints = {finding["fingerprint"] for finding in document["findings"] if finding["outcome"] == "fail"}
    assert len(document["excerpts"]) > 90
    assert {found["fingerprint"] for found in document["excerpts"]} <= fingerprints
    without = CliRunner().invoke(root, ["demo", "-q", "-f", "json", "--no-excerpts"])
    assert "excerpts" not in json.loads(without.stdout)
