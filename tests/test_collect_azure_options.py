"""What of Azure is audited: options, `auditor.yaml`, and both."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from auditor.collect.request import EXTRAS
from auditor.ingest.snapshot import open_snapshot
from auditor.pipeline.config_file import read_config
from tests.azure.collected import DEMO, OTHER
from tests.azure.command import Meet

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--subscription"),
        (("--subscription", DEMO, "--all"), "exclude each other"),
        (("--subscription", "a/b"), "no name of a scope"),
        (("--all", "--cloud", "Nowhere"), "AzureUSGovernment"),
        (("--all", "--auth", "certificate"), "AZURE_CLIENT_CERTIFICATE_PATH"),
    ],
)
def test_wrong_usage_says_what_to_do(meet: Meet, options: tuple[str, ...], told: str) -> None:
    auditor = meet()
    assert told in auditor("collect", "-o", "snap", *options, code=2)
    assert not auditor.azure.calls


def test_nothing_named_names_both_ways(meet: Meet) -> None:
    said = meet()("scan", code=2)
    assert "--from" in said
    assert "--subscription" in said


def test_files_and_a_live_scope_exclude_each_other(meet: Meet) -> None:
    assert "live scope" in meet()("scan", "--from", "x.json", "--all", code=2)


@pytest.mark.parametrize(
    ("scope", "inputs"),
    [
        (f"subscriptions: [{DEMO}]", (f"subscription {DEMO}",)),
        ("managementGroups: [contoso]", ("management group contoso",)),
        ("all: true", ("every subscription that can be read",)),
        (
            f"subscriptions: [{DEMO}]\nresourceGroups: [rg-network-prod-weu]",
            (f"subscription {DEMO}", "resource group rg-network-prod-weu"),
        ),
    ],
)
def test_the_scope_may_stand_in_the_configuration(meet: Meet, scope: str, inputs: tuple[str, ...]) -> None:
    auditor = meet()
    rule = "azure.bastion.copy-paste"  # which relates to nothing that may lie outside of a resource group
    text = f"{scope}\nselect: [{rule}]\ncloud: AzureCloud\nauth: [secret]\ntimeLimit: 5\n"
    (auditor.folder / "auditor.yaml").write_text(text)
    auditor("collect", "-o", "snap")
    assert open_snapshot(str(auditor.folder / "snap")).inputs == inputs


def test_what_the_configuration_names_and_options_set_aside_is_said(meet: Meet) -> None:
    """A scheduled audit that names its cluster by an option would lose its subscriptions without a word."""
    auditor = meet()
    text = f"subscriptions: [{OTHER}]\naks: true\nfrom: [export.json]\nselect: [azure.bastion.*]\nauth: [secret]\n"
    (auditor.folder / "auditor.yaml").write_text(text)
    assert "auditor.yaml also names subscriptions, aks:" in auditor("collect", "--all", "-o", "snap")
    assert "also names" not in auditor("collect", "--all", "-o", "snap", "-q")
    said = auditor("scan", "--all", "-f", "json", "-o", "audit.json", "--fail-on", "never")
    (notice,) = orjson.loads((auditor.folder / "audit.json").read_bytes())["notices"]
    assert notice["kind"] == "scope-set-aside" and notice["message"] in said
    assert "from" in notice["message"] and "subscriptions" in notice["message"] and "all" not in notice["message"][:60]
    auditor("scan", "--from", "snap", "-f", "json", "-o", "audit.json", "--fail-on", "never", "-q")
    (notice,) = orjson.loads((auditor.folder / "audit.json").read_bytes())["notices"]
    assert "which audits files alone" in notice["message"]


def test_what_options_name_as_the_configuration_does_is_not_set_aside(meet: Meet) -> None:
    auditor = meet()
    (auditor.folder / "auditor.yaml").write_text(
        f"subscriptions: [{DEMO}]\nselect: [azure.bastion.*]\nauth: [secret]\n"
    )
    assert "also names" not in auditor("collect", "--subscription", DEMO, "-o", "snap")


@pytest.mark.parametrize("name", EXTRAS)
def test_what_can_be_asked_for_can_stand_in_the_configuration(name: str, tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text(f"with: [{name}]\n")
    assert read_config(tmp_path / "auditor.yaml")["with"] == [name]
