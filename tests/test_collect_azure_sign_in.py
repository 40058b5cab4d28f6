"""Who asks, and in which cloud."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from auditor.collect.azure.clouds import CLOUDS, cloud_of
from tests.azure.clouds import CHINA, GOVERNMENT, Cloud
from tests.azure.command import Meet
from tests.azure.entra import Entra, certificate
from tests.azure.estate import demo_estate

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("password", ["", "a long secret"])
def test_signing_in_by_a_certificate(meet: Meet, password: str) -> None:
    auditor = meet()
    auditor.azure.entra.certificate, path = certificate(auditor.folder, password)
    key = {"AZURE_CLIENT_CERTIFICATE_PATH": str(path), "AZURE_CLIENT_CERTIFICATE_PASSWORD": password}
    wanted = ("collect", "--all", "--auth", "certificate", "--select", "azure.bastion.*", "-o", "snap")
    auditor(*wanted, sign_in="certificate", **key)
    assert auditor.lines("snap")
    path.write_bytes(b"no certificate")
    said = auditor(*wanted, sign_in="certificate", code=2, **key)
    assert "AZURE_CLIENT_CERTIFICATE_PATH cannot be used" in said
    auditor.azure.entra.certificate, _ = certificate(auditor.folder, password)
    certificate(auditor.folder, password)  # another one than the application knows
    said = auditor(*wanted, sign_in="certificate", code=3, **key)
    assert "AADSTS700027" in said and "not registered" in said


@pytest.mark.parametrize("way", ["secret", "federated", "managed", "cli"])
def test_ways_to_sign_in(meet: Meet, way: str) -> None:
    auditor = meet(entra=Entra(managed_identity=way == "managed"))
    more = {}
    if way == "cli":
        more = {"PATH": f"{auditor.azure.az()}{os.pathsep}{os.environ['PATH']}"}
    options = ("--select", "azure.bastion.*", "-o", "snap")
    name = "workload" if way == "federated" else way
    auditor("collect", "--all", "--auth", name, *options, sign_in="none" if way == "cli" else way, **more)
    assert auditor.lines("snap")


@pytest.mark.parametrize(
    ("secret", "told"),
    [("wrong", "AADSTS7000215"), ("", "az login")],
)
def test_a_sign_in_that_fails_is_one_sentence(meet: Meet, secret: str, told: str) -> None:
    auditor = meet()
    said = auditor("collect", "--all", "-o", "snap", "-q", code=3, AZURE_CLIENT_SECRET=secret, PATH="/nowhere")
    assert told in said
    assert len(said.splitlines()) == 2, said
    assert "wrong" not in said


@pytest.mark.parametrize(("name", "cloud"), [("azureusgovernment", GOVERNMENT), ("AzureChinaCloud", CHINA)])
def test_a_sovereign_cloud_has_its_own_places(meet: Meet, name: str, cloud: Cloud) -> None:
    estate = demo_estate()
    for vault in estate.of_type("Microsoft.KeyVault/vaults"):
        vault["properties"]["vaultUri"] = f"https://{vault['name']}{cloud.vault_suffix}/"
    auditor = meet(cloud=cloud, estate=estate)
    (auditor.folder / "auditor.yaml").write_text(f"all: true\ncloud: {name}\n")
    auditor("collect", "--select", "certificates.key-vault-*", "--select", "azure.log-evidence.*", "-o", "snap")
    lines = auditor.lines("snap")
    assert any(b"vaults/certificates" in line for line in lines)
    assert any(b"/logEvidence/" in line for line in lines)
    hosts = {served.call.host for served in auditor.azure.calls}
    assert hosts >= {cloud.login, cloud.arm, cloud.logs[0]}


def test_a_cloud_of_its_own(meet: Meet) -> None:
    auditor = meet(cloud=GOVERNMENT)
    known = CLOUDS["AzureUSGovernment"]
    fields = {
        "authority": known.authority,
        "resourceManager": known.resource_manager,
        "resourceManagerAudience": known.resource_manager_audience,
        "keyVaultSuffix": known.key_vault_suffix,
        "keyVaultAudience": known.key_vault_audience,
        "logAnalytics": known.log_analytics,
        "logAnalyticsAudience": known.log_analytics_audience,
        "ingestionAudience": known.ingestion_audience,
    }
    file = auditor.folder / "cloud.json"
    file.write_text(json.dumps(fields))
    assert cloud_of(str(file)).scope == known.scope
    auditor("collect", "--all", "--cloud", "cloud.json", "--select", "azure.bastion.*", "-o", "snap")
    assert "http://" in auditor("collect", "--all", "--cloud", _with(file, authority="http://x"), "-o", "s", code=2)
    assert "authority" in auditor("collect", "--all", "--cloud", _with(file, authority=None), "-o", "s", code=2)


def _with(file: Path, **changed: str | None) -> str:
    fields = {**json.loads(file.read_text()), **changed}
    other = file.with_name("other.json")
    other.write_text(json.dumps({name: value for name, value in fields.items() if value is not None}))
    return str(other)
