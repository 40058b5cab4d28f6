"""Credentials in config maps and variables: rules say the same of what stays in a snapshot, and nothing shows them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from auditor.cli import root
from auditor.evaluate.bound_rule import Bound, bind
from auditor.evaluate.conditions.relations import Relations
from auditor.evaluate.interpreter import answers
from auditor.model.finding import Outcome
from auditor.model.resource import Origin, Resource, holds_unknown
from auditor.ruleset.loader import load_rules
from auditor.sanitize.kubernetes import sanitized_kubernetes

CLOCK = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow1BAAKCAQEA7\n-----END RSA PRIVATE KEY-----"
STORE = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==;EndpointSuffix=x"
SIGNED = "https://a.blob.core.windows.net/c?sv=2024-11-04&sig=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA%3D"

BAD = [
    ("db-password", "hunter2", "hunter2"),
    ("dbPassword", "correct-horse", "horse"),
    ("client_secret", "Correct-Horse", "Horse"),
    ("apiKey", "s3cr3t-value", "s3cr3t"),
    ("CONNECTION_STRING", "Endpoint=sb://x;SharedAccessKey=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==", "Zm9vYmFyYmF6"),
    ("STORE", STORE, "Zm9vYmFyYmF6"),
    ("application.yml", "spring:\n  datasource:\n    password: hunter2\n    url: jdbc:x\n", "hunter2"),
    ("app.properties", "a=b\nspring.datasource.password=hunter2\nc=d\n", "hunter2"),
    ("settings.json", '{"user": "a", "password": "hunter2"}', "hunter2"),
    ("server.pem", KEY, "MIIEow1B"),
    ("UPLOAD", SIGNED, "Zm9vYmFyYmF6"),
    ("BROKER", "amqps://orders:correct-h0rse@broker:5671/v", "h0rse"),
    ("BROKER_IN_WORDS", "amqps://orders:correct-horse@broker:5671/v", "horse"),
    ("Orders__ConnectionString", "Server=db;User ID=a;Password=correcthorse", "correcthorse"),
    ("my.cnf", "[client]\n# password = none\npassword = Abc123x\n", "Abc123x"),
]
GOOD = [
    ("LOG_LEVEL", "info"),
    ("password", "${DB_PASSWORD}"),
    ("password_file", "/mnt/secrets/password"),
    ("token_url", "https://login.microsoftonline.com/x/oauth2/token"),
    ("schema.yml", "fields:\n  password: required\n"),
    ("messages.properties", "login.password=Password\nlogin.hint=Forgot your password?\n"),
    ("postgresql.conf", "password_encryption = scram-sha-256\n"),
    ("BROKER", "amqps://broker:5671/user@v"),
    ("refresh_token", "86400"),
    ("client_secret", "orders-client"),
    ("password", "changeme"),
    ("password", "ask the platform team"),
    ("api-key", "X-API-Key"),
    ("private_key", "tls.key"),
    ("trust-store-password", "changeit"),
    ("RESET_PASSWORD", "disabled"),
    ("REFRESH_TOKEN", "3600s"),
    ("EXISTING_SECRET_KEY", "redis-password"),
    ("API_KEY", "Ocp-Apim-Subscription-Key"),
    ("ACCESS_TOKEN", "access_token"),
    ("AUTH_SECRET", "DB_SECRET_NAME"),
    ("AZURE_CREDENTIALS", "WorkloadIdentity"),
    ("SMTP_PASSWORD", "kv://mail/smtp"),
    ("GITHUB_TOKEN", "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/t)"),
    ("ENCRYPTION_KEY", "vault:secret/data/orders#key"),
    ("CONNECTION_STRING", "Endpoint=sb://orders.servicebus.windows.net/"),
    ("CONNECTION_STRING", "InstrumentationKey=11111111-2222-3333-4444-555555555555;IngestionEndpoint=https://x/"),
    ("grafana.ini", "[database]\n# e.g. mysql://user:password@host:port/db\n;password = Abc123x\n"),
    ("de.json", '{"password": "Passwort!", "repeat": "Passwort wiederholen"}'),
    ("en.json", '{"password": "Password*"}'),
    ("nginx.conf", "location /token { proxy_pass http://auth; }"),
]


@pytest.fixture(scope="module")
def rule() -> Bound:
    return next(bind(rule, CLOCK) for rule in load_rules() if rule.id == "kubernetes.config-map.no-credentials")


def config_map(key: str, value: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "shop"},
        "data": {key: value},
    }


def outcome(rule: Bound, body: dict[str, Any]) -> Outcome:
    one = Resource("core/ConfigMap", body, Origin(), partial=holds_unknown(body))
    return next(iter(answers(rule, one, Relations([])))).outcome


@pytest.mark.parametrize(("key", "value", "secret"), BAD, ids=[row[0] for row in BAD])
def test_a_credential_is_found_and_kept_nowhere(rule: Bound, key: str, value: str, secret: str, tmp_path: Path) -> None:
    assert outcome(rule, config_map(key, value)) is Outcome.FAIL
    left = sanitized_kubernetes("core/ConfigMap", config_map(key, value), frozenset())
    assert left is not None
    assert outcome(rule, left) is Outcome.FAIL, "of what was read live the same is said"
    assert secret not in repr(left)
    (tmp_path / "c.json").write_text(json.dumps(config_map(key, value)), encoding="utf-8")
    for form in ("json", "html", "sarif", "text"):
        done = CliRunner().invoke(root, ["gate", str(tmp_path), "--select", rule.rule.id, "-q", "-f", form])
        assert key in done.stdout or form == "html"
        assert secret not in done.stdout, form


@pytest.mark.parametrize(("key", "value"), GOOD, ids=[row[0] for row in GOOD])
def test_what_only_looks_like_one_passes(rule: Bound, key: str, value: str) -> None:
    assert outcome(rule, config_map(key, value)) is Outcome.PASS
    left = sanitized_kubernetes("core/ConfigMap", config_map(key, value), frozenset())
    assert left is not None
    assert outcome(rule, left) is Outcome.PASS, "of what was read live the same is said"


HARMLESS = [
    ("RESET_PASSWORD", "disabled"),
    ("REFRESH_TOKEN", "3600s"),
    ("ENCRYPTION_KEY", "vault:secret/data/orders#key"),
    ("API_KEY", "Ocp-Apim-Subscription-Key"),
    ("DB_PASSWORD", "$(PASSWORD)"),
]


SAID = ("disabled", "vault:secret/data/orders#key")
"""A switch and a reference may be seen."""


@pytest.mark.parametrize(("name", "value"), [*HARMLESS, ("DB_PASSWORD", "orders-secret"), ("API_KEY", "orders-4711")])
def test_variables_are_answered_live_as_in_a_manifest(name: str, value: str) -> None:
    rule = next(bind(rule, CLOCK) for rule in load_rules() if rule.id == "kubernetes.workload.no-literal-secrets")
    said = Outcome.PASS if (name, value) in HARMLESS else Outcome.FAIL
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"containers": [{"name": "a", "env": [{"name": name, "value": value}]}]},
    }
    left = sanitized_kubernetes("core/Pod", json.loads(json.dumps(pod)), frozenset())
    assert left is not None
    assert value in (*SAID, "$(PASSWORD)") or value not in repr(left)
    for body in (pod, left):
        one = Resource("core/Pod", body, Origin())
        assert next(iter(answers(rule, one, Relations([])))).outcome is said
