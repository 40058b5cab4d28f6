"""What may be kept of an answer of Azure: no secret, and all that tells of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.sanitize.azure import sanitized_azure as stripped
from auditor.sanitize.deployment_secrets import REMOVED

APIM = "Microsoft.ApiManagement/service"


def kept(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = stripped({"type": kind, "properties": properties})["properties"]
    return found


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        (f"{APIM}/namedValues", {"secret": True, "value": "s"}, {"secret": True, "value": REMOVED}),
        (f"{APIM}/namedValues", {"value": "s"}, {"value": REMOVED}),
        (f"{APIM}/namedValues", {"secret": False, "value": "plain"}, {"secret": False, "value": "plain"}),
        (f"{APIM}/subscriptions", {"primaryKey": "s", "scope": "/apis"}, {"primaryKey": REMOVED, "scope": "/apis"}),
        (
            f"{APIM}/backends",
            {"credentials": {"header": {"x-key": ["s"]}, "query": {"code": ["{{named}}"]}, "certificateIds": ["/c"]}},
            {
                "credentials": {
                    "header": {"x-key": [REMOVED]},
                    "query": {"code": ["{{named}}"]},
                    "certificateIds": ["/c"],
                }
            },
        ),
        (f"{APIM}/loggers", {"credentials": {"name": "hub"}}, {"credentials": {"name": REMOVED}}),
        (
            f"{APIM}/loggers",
            {"credentials": {"connectionString": "InstrumentationKey=1", "identityClientId": "SystemAssigned"}},
            {"credentials": {"connectionString": REMOVED, "identityClientId": "SystemAssigned"}},
        ),
        (
            "microsoft.security/locations/alerts",
            {"Severity": "High", "Entities": [{"CommandLine": "x"}], "ExtendedProperties": {"user": "x"}},
            {"Severity": "High"},
        ),
        ("Microsoft.KeyVault/vaults/secrets", {"value": "s", "contentType": "pw"}, {"contentType": "pw"}),
        ("Microsoft.KeyVault/vaults/keys", {"kty": "RSA", "d": "s", "p": "s"}, {"kty": "RSA"}),
        (
            "Microsoft.Network/applicationGateways",
            {
                "sslCertificates": [{"properties": {"data": "pfx", "password": "s", "publicCertData": "c"}}],
                "trustedRootCertificates": [{"properties": {"data": "public"}}],
            },
            {
                "sslCertificates": [{"properties": {"password": REMOVED, "publicCertData": "c"}}],
                "trustedRootCertificates": [{"properties": {"data": "public"}}],
            },
        ),
        (
            "Microsoft.ContainerRegistry/registries/tokens",
            {"credentials": {"passwords": [{"name": "password1", "expiry": "2027-01-01", "value": "s"}]}},
            {"credentials": {"passwords": [{"name": "password1", "expiry": "2027-01-01", "value": REMOVED}]}},
        ),
        (
            "Microsoft.DocumentDB/databaseAccounts",
            {"keysMetadata": {"primaryMasterKey": {"generationTime": "2026-05-04T03:02:01Z"}}, "primaryMasterKey": "s"},
            {
                "keysMetadata": {"primaryMasterKey": {"generationTime": "2026-05-04T03:02:01Z"}},
                "primaryMasterKey": REMOVED,
            },
        ),
        (
            "Microsoft.Insights/actionGroups",
            {"webhookReceivers": [{"serviceUri": "https://h.example/x?code=s", "name": "n"}]},
            {"webhookReceivers": [{"serviceUri": f"https://h.example/x?{REMOVED}", "name": "n"}]},
        ),
    ],
)
def test_fields(kind: str, given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert kept(kind, given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('<authentication-basic id="u" password="s" />', f'<authentication-basic id="u" password="{REMOVED}" />'),
        ("<authentication-basic password='s' />", f'<authentication-basic password="{REMOVED}" />'),
        ('<authentication-basic password="{{pw}}" />', None),
        ('<authentication-basic password="a-{{pw}}" />', None),
        ('<authentication-basic password="@(context.Variables[\'p\'])" />', None),
        (
            '<set-header name="Authorization"><value>Bearer s</value></set-header>',
            f'<set-header name="Authorization"><value>{REMOVED}</value></set-header>',
        ),
        ('<set-header name="Authorization"><value>Bearer {{t}}</value></set-header>', None),
        ('<set-header name="Authorization"><value>@(Token())</value></set-header>', None),
        ('<set-header name="X-Frame-Options"><value>DENY</value></set-header>', None),
        (
            '<set-query-parameter name="code"><value>s</value></set-query-parameter>',
            f'<set-query-parameter name="code"><value>{REMOVED}</value></set-query-parameter>',
        ),
        ("<signing><key>c2VjcmV0</key></signing>", f"<signing><key>{REMOVED}</key></signing>"),
        ('<issuer-signing-keys><key certificate-id="c" /></issuer-signing-keys>', None),
        ("<issuer-signing-keys><key>{{k}}</key></issuer-signing-keys>", None),
        ('<authentication-certificate body="pfx" />', f'<authentication-certificate body="{REMOVED}" />'),
        ('<authentication-certificate thumbprint="AB" />', None),
    ],
)  # fmt: skip
def test_policies(given: str, expected: str | None) -> None:
    """None: it stays as it is."""
    for kind in ("policies", "apis/policies", "apis/operations/policies", "policyFragments"):
        assert kept(f"{APIM}/{kind}", {"format": "rawxml", "value": given})["value"] == (expected or given)


def test_what_is_given_is_not_changed() -> None:
    body = {"type": f"{APIM}/backends", "properties": {"credentials": {"authorization": {"parameter": "s"}}}}
    stripped(body)
    assert body["properties"]["credentials"]["authorization"]["parameter"] == "s"  # type: ignore[index]


WRITTEN: dict[str, list[dict[str, Any]]] = yaml.safe_load((Path(__file__).parent / "planted_secrets.yaml").read_text())


@pytest.mark.parametrize("given", WRITTEN["planted"], ids=lambda given: given["type"])
def test_secrets_where_people_write_them(given: dict[str, Any]) -> None:
    """Fields, variables, headers, addresses, texts, code: what a reader may see of the types that are audited."""
    assert "c4nary" in json.dumps(given)
    assert "c4nary" not in json.dumps(stripped(given))


@pytest.mark.parametrize("given", WRITTEN["kept"], ids=lambda given: given["type"])
def test_what_only_looks_like_a_secret_stays(given: dict[str, Any]) -> None:
    assert stripped(given) == given
