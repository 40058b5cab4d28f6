"""What is kept of the values of a deployment: nothing but that one was a secret, and only what hardly can be else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.ingest.inventory import open_inventory
from auditor.model.resource import Unknown
from auditor.sanitize.deployment_secrets import REMOVED, without_values

KEY = "k3yMat3rial" * 7 + "AbCdE12fGh3="
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLW9mLXRva2Vu"


def deployment(name: str, value: Any, kind: str = "String") -> dict[str, Any]:
    entry = {"type": kind, "value": value}
    group = "/subscriptions/s/resourceGroups/g"
    return {
        "id": f"{group}/providers/Microsoft.Resources/deployments/d",
        "name": "d",
        "type": "Microsoft.Resources/deployments",
        "properties": {"parameters": {name: entry}, "outputs": {name: entry}, "dependencies": [], "mode": "Complete"},
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("adminPassword", "S3cret!"),
        ("SQL_ADMIN_PASSWORD", "hunter2"),
        ("clientSecret", "8Q~abcdefgh"),
        ("storageKey", KEY),
        ("key1", "0123456789abcdef0123456789ABCDEF"),
        ("connection", f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={KEY}"),
        ("connection", "Server=tcp:s.database.windows.net;User ID=u;Password=S3cret!;Encrypt=True"),
        ("bus", "Endpoint=sb://e/;SharedAccessKeyName=n;SharedAccessKey=abcdefghijkl"),
        ("template", "https://a.blob.core.windows.net/c/t.json?sv=2024&sig=abcdefghijklmnopqrstuvwx%3D"),
        ("url", "https://user:S3cret!@example.org/"),
        ("redirect", TOKEN),
        ("script", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"),
    ],
)
def test_a_secret_is_seen_and_not_kept(name: str, value: str) -> None:
    kept = without_values(deployment(name, value))
    assert kept["properties"]["parameters"] == {name: {"type": "String", "value": REMOVED}}
    assert kept["properties"]["outputs"] == kept["properties"]["parameters"]
    nested = without_values(deployment("settings", {"a": [{name: value}]}, "Object"))
    assert nested["properties"]["parameters"] == {"settings": {"type": "Object", "value": REMOVED}}
    assert without_values(kept) == kept, "a snapshot says the same again"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("location", "westeurope"),
        ("adminPasswordSecretName", "sql-admin-password"),
        ("adminPassword", "sql-admin-password"),
        ("adminPassword", "[parameters('adminPassword')]"),
        ("adminPassword", "https://kv.vault.azure.net/secrets/sql"),
        ("adminPassword", ""),
        ("disablePassword", "true"),
        ("usePassword", True),
        ("authenticationType", "password"),
        ("passwordLength", 24),
        ("clientSecret", "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/s)"),
        ("primaryKey", "customerId"),
        ("scopeKey", "/subscriptions/3f1e6b7a-5c2d-4e8f-9a10-b2c3d4e5f601/resourceGroups/rgPlatform1"),
        ("configurationKey", "application1/Configuration/TheLongestNameOfThemAll".replace("/", "-")),
        ("sshPublicKey", "ssh-rsa " + "A" * 300),
        ("publicKey", "A" * 300),
        ("encryptionKey", "https://kv.vault.azure.net/keys/k"),
        ("instrumentationKey", "2f0b8f0a-1111-4222-8333-444455556666"),
        ("appInsights", "InstrumentationKey=2f0b8f0a-1111-4222-8333-444455556666;IngestionEndpoint=https://x/"),
        ("description", "Password: at least 12 characters; see the handbook."),
        ("url", "https://example.org/?sig=1&code=x"),
        ("data", "data:text/plain;base64,eyJhIjoxfQ=="),
        ("address", "ssh://git@example.org:22/repo"),
    ],
)
def test_what_may_be_something_else_is_no_secret(name: str, value: Any) -> None:
    kept = without_values(deployment(name, value))
    assert kept["properties"]["parameters"] == {name: {"type": "String"}}


def test_what_is_not_known_stays_so() -> None:
    unknown = Unknown("not read")
    kept = without_values(deployment("adminPassword", unknown))
    assert kept["properties"]["parameters"]["adminPassword"]["value"] is unknown


@pytest.mark.parametrize("kind", ["Microsoft.Resources/deployments", "microsoft.Resources/Deployments"])
@pytest.mark.parametrize("form", ["lines", "array", "large array"])
def test_files_lose_them_too(form: str, kind: str, tmp_path: Path) -> None:
    body = {**deployment("adminPassword", "S3cret!"), "type": kind}
    other = {"type": "A/b", "id": "/x", "properties": {"pad": "x" * 2_000_000}}  # read piece by piece
    bodies = [body, other] if form == "large array" else [body]
    (tmp_path / "d.json").write_bytes(orjson.dumps(body) + b"\n" if form == "lines" else orjson.dumps(bodies))
    resource, *_ = open_inventory([str(tmp_path / "d.json")]).resources()
    assert b"S3cret" not in orjson.dumps(resource.body)
    assert resource.body["properties"]["parameters"]["adminPassword"]["value"] == REMOVED
