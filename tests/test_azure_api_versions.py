"""The table of API versions: each is published, has what rules read, and is as new as there is one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

import orjson
from azure.keyvault.certificates import ApiVersion
from click.testing import CliRunner

from auditor.cli import root
from auditor.collect.azure.api_versions import KEY_VAULT, PREVIEWS, VERSIONS, version_of
from auditor.collect.azure.version_report import asked_versions
from auditor.evaluate.bound_rule import bind
from auditor.evaluate.conditions.index_fields import read_paths
from auditor.ruleset.loader import load_rules
from tests.azure import api_versions, published

TODAY: Final = dt.date(2026, 12, 2)
UNLISTED: Final = {
    "Microsoft.Insights/privateLinkScopes/scopedResources": "no type of Bicep, and the client stops at a preview of it",
    "microsoft.aadiam/diagnosticSettings": "no type of Bicep, no client: only an article of Microsoft Entra names it",
}
"""What no index of versions holds, and why: the table of the local Azure has these."""


def test_no_version_is_older_than_two_years_unless_none_newer_is_published() -> None:
    for kind, version in {**VERSIONS, **PREVIEWS}.items():
        every = published.versions_of_call(kind.casefold())
        assert bool(every) == (kind not in UNLISTED), kind
        every = every or sorted(api_versions.accepted(kind) or ())
        stable = [one for one in every if "preview" not in one]
        old = TODAY - dt.date.fromisoformat(version.asked[:10]) > dt.timedelta(days=730)
        newer = [one for one in stable or every if one[:10] > version.asked[:10]]
        assert not old or not newer, f"{kind} {version.asked}: {newer[-1]} is published"
        assert version.newest or not old, f"{kind} {version.asked}: say that no newer version is published"
        assert not version.newest or not newer, f"{kind} {version.asked} is not the newest: {newer[-1]}"
        if version.stable and stable:
            assert version.stable == stable[-1], f"{kind}: {stable[-1]} is the newest to fall back to"


def test_every_version_is_published_for_its_type() -> None:
    """A child may begin after its parent, or end before it."""
    for kind, version in asked_versions().items():
        versions = published.versions_of(kind.partition("#")[0].casefold())
        assert not versions or version in versions or version > versions[-1], f"{kind} has no {version}"


def test_calls_to_vaults_outlive_the_retirement_of_older_versions() -> None:
    """Of February 2027, of what Resource Manager answers. What vaults answer themselves has versions of its own."""
    vaults = {kind: version for kind, version in asked_versions().items() if kind.startswith("Microsoft.KeyVault/")}
    assert {f"Microsoft.KeyVault/vaults/{part}" for part in ("keys", "secrets")} <= vaults.keys()
    for kind, version in vaults.items():
        assert version in (api_versions.accepted(kind, dt.date(2027, 2, 28)) or ()), f"{kind} {version} retires"
    assert KEY_VAULT in [version.value for version in ApiVersion][:3], "the three newest that the client knows"


def test_every_preview_says_what_is_unknown_without_it() -> None:
    for kind, version in VERSIONS.items():
        if version.stable and "preview" in version.asked:
            assert version.lacks or version.hides or version.newest, kind


def read_by_rules() -> Iterator[tuple[str, str, str]]:
    """Rule, casefolded type and casefolded path of every field that a rule reads of a resource in `properties`."""
    for rule in load_rules():
        bound = bind(rule, dt.datetime(2026, 12, 2, tzinfo=dt.UTC))
        each = bound.each.segments if bound.each else ()
        nodes = [node for node in (bound.when, bound.condition) if node]
        found = [(kind, path) for kind in bound.types for node in nodes for path in read_paths(node, each)]
        for relation in bound.relations:
            where = read_paths(relation.where) if relation.where else ()
            found += [(kind, path) for path in where for kind in relation.types]
        for kind, path in found:
            text = ".".join(map(str, path)).replace(".[*]", "[*]").rstrip(".").casefold()
            if text.startswith("properties."):
                yield rule.id, kind.casefold(), text


ITEMS_READ_APART: Final = {
    ("microsoft.containerservice/managedclusters", "properties.agentpoolprofiles[*]."): (
        "microsoft.containerservice/managedclusters/agentpools"
    ),
}
"""Lists of a resource whose items a live audit also reads as resources, which rules of their own evaluate."""


def read_apart(kind: str, path: str, read: set[tuple[str, str]]) -> bool:
    """Whether a rule reads the same field of an item that is read as a resource, in a version that has it."""
    for (parent, prefix), child in ITEMS_READ_APART.items():
        field = "properties." + path.removeprefix(prefix)
        if kind == parent and path.startswith(prefix) and (child, field) in read:
            return not published.lacking(child, version_of(child).asked) & {field, field.removesuffix("[*]")}
    return False


def test_the_version_asked_for_has_every_property_that_rules_read() -> None:
    asked = {kind.casefold(): version for kind, version in asked_versions().items() if "#" not in kind}
    more = {kind.casefold(): {path.casefold() for path in found.lacks} for kind, found in PREVIEWS.items()}
    checked, missing = 0, []
    fields = list(read_by_rules())
    read = {(kind, path) for _, kind, path in fields}
    for rule, kind, path in fields:
        version = asked.get(kind) or published.newest_stable(kind)
        places = {path[:end] for end in range(len(path) + 1) if path[end : end + 1] in ("", ".", "[")}
        gone = places & published.lacking(kind, version) - published.outdated(kind)
        checked += bool(published.versions_of(kind))
        if gone and not places & more.get(kind, set()) and not read_apart(kind, path, read):
            missing.append(f"{rule}: {kind} {version} lacks {path}")
    assert checked > 1000
    assert not missing


def test_the_command_prints_type_and_version_and_asks_nobody() -> None:
    done = CliRunner().invoke(root, ["preflight", "--api-versions"])
    found = orjson.loads(done.stdout)
    assert found["Microsoft.ContainerService/managedClusters/maintenanceConfigurations"] == "2026-05-01"
    assert "Microsoft.Insights/actionGroups" not in found, "Resource Graph chooses the version of the whole"
    assert found["Microsoft.Insights/actionGroups#properties.incidentReceivers"] == "2024-10-01-preview"
    assert found["Microsoft.ApiManagement/service/apis/operations/policies"] == "2024-05-01"
    assert all(isinstance(version, str) for version in found.values())
    wrong = CliRunner().invoke(root, ["preflight", "--format", "markdown", "--all"])
    assert wrong.exit_code != 0
