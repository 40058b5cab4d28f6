"""What `gate` and `scan` end with: thresholds for failures, for what is not known and for how much was decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import Done

PURGE = "azure.key-vault.purge-protection"
VAULTS = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/"


def vault(name: str, on: bool | None = True) -> dict[str, Any]:
    properties = {} if on is None else {"enablePurgeProtection": on}
    return {"type": "Microsoft.KeyVault/vaults", "name": name, "id": VAULTS + name, "properties": properties}


def planned(name: str, on: bool | None, action: str = "create") -> dict[str, Any]:
    """A vault that a plan makes; None: whether it is protected is known after apply."""
    after = {"name": name, "resource_group_name": "rg", "location": "westeurope", "id": VAULTS + name}
    after |= {} if on is None else {"purge_protection_enabled": on}
    return {
        "address": f"azurerm_key_vault.{name}", "mode": "managed", "type": "azurerm_key_vault", "name": name,
        "provider_name": "registry.terraform.io/hashicorp/azurerm",
        "change": {
            "actions": [action], "before": None if action == "create" else after, "after": after,
            "after_unknown": {"purge_protection_enabled": True} if on is None else {},
        },
    }  # fmt: skip


@pytest.fixture
def run(command: Any) -> Any:
    return lambda *args: command(*args, "--select", PURGE)


@pytest.fixture
def gate(run: Any, tmp_path: Path) -> Any:
    def call(changes: list[dict[str, Any]], *args: str) -> Done:
        plan = {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes}
        (tmp_path / "plan.json").write_text(json.dumps(plan))
        found: Done = run("gate", *args, "plan.json")
        return found

    return call


OPEN = [planned("later", None), planned("good", True), planned("fine", True)]


def test_what_is_known_only_after_apply_is_told_and_stops_nothing(gate: Any) -> None:
    done = gate(OPEN, "-f", "json", "-o", "out.json")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == ("1 answer not known before the change is applied; --fail-on-unknown makes them count.\n")
    done = gate(OPEN)
    assert "UNKNOWN   1 answer could not be given" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")
    assert gate(OPEN, "-q", "-f", "line").stderr == ""


def test_unknown_answers_count_when_asked_for(gate: Any, command: Any) -> None:
    done = gate(OPEN, "--fail-on-unknown")
    assert (done.returncode, done.stderr) == (3, "1 answer of severity low or worse not known, 0 allowed.\n")
    assert gate(OPEN, "--fail-on-unknown", "high").returncode == 3
    assert gate(OPEN, "-f", "json", "-o", "saved.json").returncode == 0
    assert command("report", "saved.json", "--fail-on", "low").returncode == 0, "a saved gate ends as it did"
    assert gate(OPEN, "--fail-on-unknown=high").returncode == 3
    assert gate(OPEN, "--fail-on-unknown", "critical").returncode == 0, "the rule is high"
    assert gate(OPEN, "--fail-on-unknown", "--fail-on", "critical").returncode == 0, "the severity of --fail-on"
    assert gate(OPEN, "--fail-on-unknown", "--fail-on", "never").returncode == 3, "asked for, whatever fails"
    assert gate([*OPEN, planned("bad", False)], "--fail-on-unknown").returncode == 3, "3 wins over 1"


def test_a_number_of_unknown_answers_may_be_allowed(gate: Any) -> None:
    two = [*OPEN, planned("latest", None)]
    assert gate(two, "--max-unknown", "2").returncode == 0
    done = gate(two, "--max-unknown", "1")
    assert (done.returncode, done.stderr) == (3, "2 answers of severity low or worse not known, 1 allowed.\n")
    assert gate(two, "--max-unknown", "0", "--fail-on-unknown", "critical").returncode == 0
    assert gate(two, "--max-unknown", "1", "--fail-on", "never").returncode == 3
    assert gate(two, "--max-unknown", "-1").returncode == 2


def test_a_share_of_the_answers_must_be_decided(gate: Any) -> None:
    assert gate(OPEN, "--min-coverage", "66.6").returncode == 0, "two of three"
    done = gate(OPEN, "--min-coverage", "66.7")
    assert (done.returncode, done.stderr) == (3, "66.6 % of the answers are decided, 66.7 % asked for.\n")
    assert gate(OPEN, "--min-coverage", "101").returncode == 2


def test_nothing_evaluated_is_said_and_fails_only_when_required(gate: Any, tmp_path: Path) -> None:
    done = gate([], "-f", "line")
    assert done.returncode == 0
    assert done.stderr.startswith("Nothing was evaluated.")
    assert "NOTHING WAS EVALUATED" in gate([]).stdout
    forms = ("github", "junit", "sarif", "json")
    gate([], *(item for form in forms for item in ("-f", form, "-o", f"out.{form}")))
    made = {form: (tmp_path / f"out.{form}").read_text() for form in forms}
    assert made["github"] == (
        "::notice title=auditor::Nothing was evaluated. The change holds nothing that a rule judges.\n"
    )
    assert '<testsuite name="auditor" tests="1" failures="0" errors="0" skipped="1"' in made["junit"]
    assert json.loads(made["sarif"])["runs"][0]["invocations"][0]["executionSuccessful"] is True
    assert json.loads(made["json"])["scope"]["change"] is True
    assert gate([], "--require-resources").returncode == 3
    assert gate([], "--require-resources", "--fail-on", "never").returncode == 3


def test_a_part_that_could_not_be_read_is_no_ordinary_unknown(run: Any, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n{ broken\n")
    assert run("gate", "good.yaml").returncode == 3
    plan = {"format_version": "1.2", "errored": True, "resource_changes": [planned("good", True)]}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    assert run("gate", "plan.json").returncode == 3


def test_what_terraform_puts_off_is_ordinary(run: Any, tmp_path: Path) -> None:
    later = {"reason": "resource_config_unknown", "resource_change": planned("later", True)}
    plan = {"format_version": "1.2", "resource_changes": [planned("good", True)], "deferred_changes": [later]}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    assert run("gate", "plan.json").returncode == 0
    assert run("gate", "plan.json", "--fail-on-unknown").returncode == 3


def test_the_first_resource_of_its_type_is_new(gate: Any, tmp_path: Path) -> None:
    network = {"type": "Microsoft.Network/virtualNetworks", "name": "n", "id": VAULTS.replace("KeyVault/vaults", "x/y")}
    (tmp_path / "before.json").write_text(json.dumps([network]))
    assert gate([planned("bad", False)], "--against", "before.json", "--new-only").returncode == 1
    assert gate([planned("good", True)], "--against", "before.json", "--new-only").returncode == 0


def test_gaps_of_the_estate_before_do_not_stop_a_new_only_gate(gate: Any, tmp_path: Path) -> None:
    (tmp_path / "before.json").write_text(json.dumps([vault("old", False), {"name": "no type"}]))
    assert gate([planned("good", True)], "--against", "before.json", "--new-only").returncode == 0
    assert gate([planned("good", True)], "--against", "before.json").returncode == 3


def test_a_scan_minds_what_is_unknown_unless_told_otherwise(run: Any, tmp_path: Path) -> None:
    kind = "Microsoft.Sql/servers"
    server = {"type": kind, "name": "s", "id": VAULTS.replace("Microsoft.KeyVault/vaults", kind) + "s"}
    (tmp_path / "in.json").write_text(json.dumps([vault("good"), server | {"properties": {}}]))
    scan = ("scan", "--from", "in.json", "--select", "azure.sql.auditing-on")
    assert "1 unknown" in run(*scan).stdout, "nobody collected how the server is audited"
    assert run(*scan).returncode == 3
    assert run(*scan, "--max-unknown", "1").returncode == 0
    assert run(*scan, "--fail-on-unknown", "never").returncode == 0
    assert run(*scan, "--fail-on", "never").returncode == 0
    assert run(*scan, "--fail-on", "never", "--min-coverage", "51").returncode == 3
    assert run(*scan, "--fail-on", "never", "--min-coverage", "50").returncode == 0


def test_thresholds_stand_in_the_settings_and_options_win(gate: Any, tmp_path: Path) -> None:
    settings = tmp_path / "auditor.yaml"
    settings.write_text("maxUnknown: 0\n")
    assert gate(OPEN).returncode == 3
    assert gate(OPEN, "--max-unknown", "1").returncode == 0
    settings.write_text("failOnUnknown: high\nrequireResources: true\nminCoverage: 50\n")
    assert gate(OPEN).returncode == 3
    assert gate(OPEN, "--fail-on-unknown", "never").returncode == 0
    assert gate([]).returncode == 3
    (tmp_path / "before.json").write_text(json.dumps([vault("old", False)]))
    settings.write_text("against: before.json\nnewOnly: true\n")
    assert gate([planned("old", False, "update")]).returncode == 0
    for wrong, near in (("maxUnkown: 1", "'maxUnknown'"), ("exemptions: {maxage: P1D}", "'maxAge'")):
        settings.write_text(f"quiet: true\n{wrong}\n")
        done = gate(OPEN)
        assert done.returncode == 2
        assert "auditor.yaml:2" in done.stderr and f"did you mean {near}" in done.stderr
    settings.write_text("exemptions: {maxAge: soon}\n")
    assert "no duration" in gate(OPEN).stderr


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_a_gate_minds_only_what_its_baseline_did_not_have(gate: Any, form: str, tmp_path: Path) -> None:
    """As pull requests use it: the report of the main branch, in the form that it is kept in."""
    old, both = [planned("old", False)], [planned("old", False), planned("new", False)]
    assert gate(old, "-f", form, "-o", "main.out").returncode == 1
    assert gate(old, "--baseline", "main.out", "--new-only").returncode == 0
    done = gate(both, "--baseline", "main.out", "--new-only")
    assert done.returncode == 1 and "1 new" in done.stdout
    assert "1 resolved" in gate([planned("old", True)], "--baseline", "main.out", "--new-only").stdout
    foreign = {"version": "2.1.0", "$schema": "x", "runs": [{"tool": {"driver": {"name": "Other"}}, "results": []}]}
    (tmp_path / "main.out").write_text(json.dumps(foreign))
    done = gate(old, "--baseline", "main.out")
    assert done.returncode == 3 and "no SARIF report that can be compared with" in done.stderr


def test_a_baseline_stands_in_the_settings(run: Any, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(json.dumps([vault("old", False)]))
    assert run("scan", "--from", "in.json", "-f", "json", "-o", "old.json").returncode == 1
    (tmp_path / "auditor.yaml").write_text("baseline: old.json\n")
    assert "Since " in run("scan", "--from", "in.json").stdout


def test_what_a_gate_reads_stands_in_the_settings_too(run: Any, gate: Any, tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text('\nresource "azurerm_key_vault" "bad" {\n}\n')
    (tmp_path / "auditor.yaml").write_text("source: infra\n")
    assert "main.tf:2" in gate([planned("bad", False)]).stdout
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"on": {"type": "bool"}},
        "resources": [{**vault("kv"), "apiVersion": "2023-07-01"}],
    }
    template["resources"][0]["properties"] = {"enablePurgeProtection": "[parameters('on')]"}
    (tmp_path / "main.json").write_text(json.dumps(template))
    (tmp_path / "values.json").write_text(json.dumps({"parameters": {"on": {"value": True}}}))
    (tmp_path / "auditor.yaml").write_text("templateParameters: values.json\nfailOnUnknown: low\n")
    assert run("gate", "main.json").returncode == 0
    (tmp_path / "auditor.yaml").write_text("failOnUnknown: low\n")
    assert run("gate", "main.json").returncode == 3


REVIEWED = ("text", "markdown", "junit", "github", "gitlab", "sarif")


def test_a_review_lists_what_the_change_does_alone(gate: Any, tmp_path: Path) -> None:
    """The estate has failures of its own, of which whoever makes the change can mend none."""
    (tmp_path / "before.json").write_text(
        json.dumps([vault("old1", False), vault("old2", False), vault("mended", False)])
    )
    files = {form: tmp_path / f"out.{form}" for form in (*REVIEWED, "json", "csv")}
    into = [word for form, file in files.items() for word in ("-f", form, "-o", str(file))]
    change = [planned("bad", False), planned("mended", True, "update")]
    assert gate(change, "--against", "before.json", "--new-only", *into).returncode == 1
    made = {form: file.read_text() for form, file in files.items()}
    for form in REVIEWED:
        assert "bad" in made[form] and "old1" not in made[form] and "old2" not in made[form], form
    told = "1 failure of the change: 1 high. 2 failures that stood before are not listed."
    for form in ("text", "markdown", "github"):
        assert told in " ".join(made[form].replace("\u200b", "").split()), form
    assert "| 0 | 1 | 0 | 0 | 0 |" in made["markdown"]
    for form in ("json", "csv"):
        assert all(name in made[form] for name in ("bad", "old1", "old2")), form
    assert [result["baselineState"] for result in json.loads(made["sarif"])["runs"][0]["results"]] == ["new"]
    done = gate([planned("good", True)], "--against", "before.json", "--new-only")
    assert done.returncode == 0
    assert "No failure of the change. 3 failures that stood before are not listed." in done.stdout
    assert "old1" not in done.stdout
    assert "old1" in gate([planned("good", True)], "--against", "before.json").stdout, "all, when not only the new"


def test_what_a_change_mends_is_not_uploaded_as_a_result(gate: Any, tmp_path: Path) -> None:
    """GitHub shows a result that is `absent` as an open alert."""
    (tmp_path / "before.json").write_text(json.dumps([vault("mended", False), vault("old", False)]))
    gate([planned("mended", True, "update")], "--against", "before.json", "-f", "sarif", "-o", "x.sarif")
    results = json.loads((tmp_path / "x.sarif").read_text())["runs"][0]["results"]
    names = {result["locations"][0]["logicalLocations"][0]["name"]: result["baselineState"] for result in results}
    assert names == {"old": "unchanged"}


def test_a_baseline_in_sarif_stays_whole_from_change_to_change(gate: Any, tmp_path: Path) -> None:
    both = [planned("old", False), planned("bad", False)]
    assert gate(both[:1], "-f", "sarif", "-o", "main.sarif").returncode == 1
    assert gate(both, "--baseline", "main.sarif", "--new-only", "-f", "sarif", "-o", "next.sarif").returncode == 1
    done = gate(both, "--baseline", "next.sarif", "--new-only")
    assert (done.returncode, "No failure of the change. 2 failures" in done.stdout) == (0, True)


def test_a_change_without_a_subscription_is_told_how_to_name_it(gate: Any, tmp_path: Path) -> None:
    (tmp_path / "before.json").write_text(json.dumps([vault("old", False)]))
    later = planned("bad", False)
    del later["change"]["after"]["id"]
    assert "--deployed-to ID for the subscription or group" in gate([later], "--against", "before.json").stdout
    named = gate([later], "--against", "before.json", "--deployed-to", "/subscriptions/s")
    assert "--deployed-to ID" not in named.stdout
