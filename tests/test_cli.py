"""The command line as scripts and people use it: whole commands on small inputs, in a process of their own."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

VAULT = {
    "type": "Microsoft.KeyVault/vaults",
    "name": "kv1",
    "id": "/subscriptions/11111111-1111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv1",
    "properties": {"enablePurgeProtection": True},
}
PURGE = "azure.key-vault.purge-protection"


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def call(*args: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "auditor", *args],
            input=stdin, capture_output=True, text=True, cwd=tmp_path, check=False,
            env={**os.environ, **environment},
        )  # fmt: skip

    return call


def put(tmp_path: Path, *bodies: dict[str, Any], name: str = "in.json") -> str:
    (tmp_path / name).write_text(json.dumps(list(bodies)))
    return name


def test_exit_codes_tell_clean_findings_usage_and_incomplete(run: Any, tmp_path: Path) -> None:
    good = put(tmp_path, VAULT)
    bad = put(tmp_path, {**VAULT, "properties": {}}, name="bad.json")
    nothing = put(tmp_path, name="nothing.json")
    assert run("scan", "--from", good, "--select", PURGE).returncode == 0
    assert run("scan", "--from", bad, "--select", PURGE).returncode == 1
    assert run("scan", "--from", bad, "--select", PURGE, "--fail-on", "critical").returncode == 0
    assert run("scan", "--from", bad, "--select", PURGE, "--fail-on", "never").returncode == 0
    assert run("scan", "--from", good, "--selct", PURGE).returncode == 2
    assert run("scan", "--from", good, "--select", "azure.nothing").returncode == 2
    assert run("scan").returncode == 2
    assert run("scan", "--from", nothing).returncode == 3
    assert run("scan", "--from", "missing.json").returncode == 3


def test_what_could_hide_a_finding_wins_over_findings(run: Any, tmp_path: Path) -> None:
    bad = put(tmp_path, {**VAULT, "properties": {}}, {"name": "no type"})
    assert run("scan", "--from", bad, "--select", PURGE).returncode == 3


def test_the_contract_for_scripts(run: Any, tmp_path: Path) -> None:
    done = run(
        "scan",
        "--from",
        put(tmp_path, VAULT),
        "--format",
        "json",
        "--output",
        "out.json",
        "--as-of",
        "2026-07-09T00:00:00Z",
    )
    assert done.stdout == ""
    audit = json.loads((tmp_path / "out.json").read_text())
    finding = next(f for f in audit["findings"] if f["ruleId"] == PURGE)
    assert finding["outcome"] == "pass"
    assert finding["resource"]["id"] == VAULT["id"]
    assert finding["resource"]["resourceGroup"] == "rg"
    assert set(finding) == {
        "fingerprint", "ruleId", "outcome", "severity", "resource", "element", "title", "message", "evidence", "gap",
        "exemption", "origin",
    }  # fmt: skip
    counts = audit["summary"]["counts"]
    assert sum(counts.values()) == len(audit["findings"]) == sum(sum(r["counts"].values()) for r in audit["rules"])
    listed = json.loads(run("rules", "list", "--format", "json").stdout)
    assert {"id", "severity", "resource", "controls", "equivalents"} <= set(listed[0])
    by_equivalent = json.loads(run("rules", "list", "--format", "json", "--equivalent", "CKV_AZURE_110").stdout)
    assert [rule["id"] for rule in by_equivalent] == [PURGE]


def test_reports_are_pairs_of_format_and_output(run: Any, tmp_path: Path) -> None:
    source = put(tmp_path, VAULT)
    done = run(
        "scan", "--from", source, "-f", "json", "-o", "a.json", "-f", "text", "-o", "report.sarif", "-o", "x.html"
    )
    assert done.returncode in (0, 1, 3)
    assert json.loads((tmp_path / "a.json").read_text())["findings"]
    assert "auditor" in (tmp_path / "report.sarif").read_text(), "the format before it wins over the suffix"
    assert (tmp_path / "x.html").read_text().startswith("<!doctype html>")
    assert run("scan", "--from", source, "-f", "json", "-f", "text").returncode == 2
    assert run("scan", "--from", source, "-o", "a.json", "-o", "a.json").returncode == 2
    assert run("scan", "--from", source, "-o", "a.xyz").returncode == 2


def test_the_same_input_and_clock_give_the_same_bytes(run: Any, tmp_path: Path) -> None:
    source = put(tmp_path, VAULT, {**VAULT, "name": "kv2", "id": VAULT["id"] + "2", "properties": {}})
    for form in ("json", "sarif", "html", "text"):
        one, two = (
            run("scan", "--from", source, "-f", form, "--as-of", "2026-07-09", PYTHONHASHSEED=seed).stdout
            for seed in ("1", "2")
        )
        assert one == two
        assert one


def test_a_report_is_rendered_again_byte_for_byte(run: Any, tmp_path: Path) -> None:
    source = put(tmp_path, VAULT, {**VAULT, "properties": {}})
    forms = [item for form in ("json", "sarif", "html", "text") for item in ("-f", form, "-o", f"first.{form}")]
    run("scan", "--from", source, "--as-of", "2026-07-09", *forms)
    for form in ("json", "sarif", "html", "text"):
        run("report", "first.json", "-f", form, "-o", f"again.{form}")
        assert (tmp_path / f"again.{form}").read_bytes() == (tmp_path / f"first.{form}").read_bytes()


def test_settings_come_from_auditor_yaml_and_options_win(run: Any, tmp_path: Path) -> None:
    put(tmp_path, {**VAULT, "properties": {}})
    config = tmp_path / "auditor.yaml"
    config.write_text(
        f"from: [in.json]\nselect: [{PURGE}]\nfailOn: critical\nreports: [{{format: json, output: o.json}}]\n"
    )
    assert run("scan").returncode == 0
    assert (tmp_path / "o.json").exists()
    assert run("scan", "--fail-on", "high").returncode == 1
    config.write_text("from: [in.json]\nselct: []\n")
    refused = run("scan")
    assert refused.returncode == 2
    assert "auditor.yaml:2" in refused.stderr
    assert "did you mean 'select'" in refused.stderr


def test_parameters_of_rules_are_set_in_auditor_yaml(run: Any, tmp_path: Path) -> None:
    rule = "certificates.app-service-not-expiring-soon"
    name = next(iter(json.loads(run("rules", "list", rule, "--format", "json").stdout)[0]["parameters"]))
    put(
        tmp_path,
        {"type": "Microsoft.Web/certificates", "name": "c", "properties": {"expirationDate": "2026-08-20T00:00:00Z"}},
    )
    args = ("scan", "--from", "in.json", "--select", rule, "--as-of", "2026-07-09")
    assert run(*args).returncode == 0
    (tmp_path / "auditor.yaml").write_text(f"parameters: {{{rule}: {{{name}: P60D}}}}\n")
    assert run(*args).returncode == 1
    (tmp_path / "auditor.yaml").write_text(f"parameters: {{{rule}: {{{name}: soon}}}}\n")
    assert run(*args).returncode == 2


def test_errors_are_a_sentence_and_a_hint_without_a_traceback(run: Any) -> None:
    done = run("scan", "--from", "missing.json")
    assert done.stderr.startswith("Error: ")
    assert "Hint: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ("scna", "Error: No such command 'scna' (did you mean 'scan'?)."),
        ("scan --from missing.json", "Error: missing.json cannot be read: No such file or directory.\nHint: Check"),
        ("scan --fail-on-unknown hihg", "'hihg' behind --fail-on-unknown is no severity (critical, high,"),
        ("rules test azure.sql", "Error: No rule matches 'azure.sql' (did you mean 'azure.sql.*'?).\nHint: "),
        ("rules list --framework mcbs", "No rule matches 'framework=mcbs' (did you mean 'mcsb'?)."),
        ("rules list --framework mcsb:NS-22", "(did you mean 'mcsb:NS-2'?)"),
        ("rules list --component key-valt", "(did you mean 'azure/key-vault'?)"),
        ("rules list --equivalent CKV_AZURE_11O", "(did you mean 'CKV_AZURE_11"),
        ("rules list --framework nist", "(did you mean 'nist-800-53-r5'?)"),
        ("rules show azure.keyvault.purge", "(did you mean 'azure.key-vault.purge-protection'?).\nHint: "),
        ("rules show own.rule.of-mine", "--rules PATH adds your own."),
        ("scan export.json", "unexpected extra argument (export.json). Files are named by --from PATH"),
        ("certificates export.json", "Files are named by --from PATH"),
        ("rules list --severity urgent", "Error: Unknown severity 'urgent'.\nHint: Severities are critical, high"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(run: Any, args: str, told: str) -> None:
    done = run(*args.split())
    assert told in done.stderr
    assert done.returncode == (3 if "missing" in args else 2)


def test_a_selection_that_leaves_no_rule_is_wrong_usage(run: Any, tmp_path: Path) -> None:
    done = run("scan", "--from", put(tmp_path, VAULT), "--select", "azure.sql.*", "--exclude", "azure.*")
    assert done.returncode == 2 and done.stderr.startswith("Error: No rule is left to judge by.\nHint: ")


def test_filters_of_rules_may_leave_none(run: Any) -> None:
    done = run("rules", "list", "--component", "bastion", "--severity", "critical")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "0 rules\n")


def test_no_color_in_pipes(run: Any, tmp_path: Path) -> None:
    assert "\x1b" not in run("scan", "--from", put(tmp_path, {**VAULT, "properties": {}})).stdout


def test_standard_input_and_several_inputs(run: Any, tmp_path: Path) -> None:
    line = json.dumps({**VAULT, "name": "piped", "id": VAULT["id"] + "9"})
    done = run("scan", "--from", "-", "--from", put(tmp_path, VAULT), "--select", PURGE, "-f", "json", stdin=line)
    assert len(json.loads(done.stdout)["findings"]) == 2


def test_a_snapshot_gives_the_same_audit(run: Any, tmp_path: Path) -> None:
    source = put(tmp_path, VAULT, {**VAULT, "properties": {}, "id": VAULT["id"] + "2"}, {"name": "typeless"})
    first = run("scan", "--from", source, "--save-snapshot", "snap", "-f", "json", "--as-of", "2026-07-09")
    again = run("scan", "--from", "snap", "-f", "json")
    assert first.stdout
    assert again.stdout == first.stdout
    assert again.returncode == first.returncode


def test_a_snapshot_of_files_keeps_no_secret(run: Any, tmp_path: Path) -> None:
    """Who exports an estate writes down what a collector would not have kept; a snapshot is passed on."""
    secrets = ["tO0-s3cret-of-env", "aPas5word-in-a-map", "s1gned-and-sent", "Hunt3r2-of-sql", "b64-of-0paque"]
    env, mapped, applied, connection, opaque = secrets
    pod = {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "p", "namespace": "shop", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"x": applied})}},
        "spec": {"containers": [{"name": "c", "image": "i", "env": [{"name": "DB_PASSWORD", "value": env}]}]},
    }  # fmt: skip
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "shop"}}
    settings["data"] = {"DB_PASSWORD": mapped}
    hidden = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}, "type": "Opaque"}
    hidden["data"] = {"key": opaque}
    site = {"id": VAULT["id"].replace("KeyVault/vaults", "Web/sites"), "name": "w", "type": "Microsoft.Web/sites"}
    site["properties"] = {"siteConfig": {"connectionStrings": [{"name": "a", "connectionString": connection}]}}
    source = put(tmp_path, pod, settings, hidden, site)
    shown = ("-f", "json", "--as-of", "2026-07-09", "--fail-on", "never")
    plain = run("scan", "--from", source, *shown)
    saved = run("scan", "--from", source, "--save-snapshot", "snap", *shown)
    assert json.loads(saved.stdout)["summary"] == json.loads(plain.stdout)["summary"], "rules answer the same"
    kept = b"".join(gzip.decompress(path.read_bytes()) for path in (tmp_path / "snap").glob("*.gz"))
    assert b"DB_PASSWORD" in kept
    assert [secret for secret in secrets if secret.encode() in kept or secret in saved.stdout] == []
    assert run("scan", "--from", "snap", *shown).stdout == saved.stdout


def test_own_rules(run: Any, tmp_path: Path) -> None:
    assert run("rules", "new", "own.thing.tls", "--folder", "mine").returncode == 0
    rule, schema = tmp_path / "mine" / "own" / "thing" / "tls.yaml", tmp_path / "mine" / "rule.schema.json"
    named = rule.read_text().splitlines()[0].rpartition("=")[2]  # an editor completes from what it names
    assert (rule.parent / named).resolve() == schema.resolve()
    assert "severity" in json.loads(schema.read_text())["properties"]
    tested = run("rules", "test", "own.thing.tls", "--rules", "mine")
    assert tested.returncode == 1
    assert "Note: own.thing.tls judges 'Microsoft.Example/things', which no bundled rule does." in tested.stderr
    good = rule.read_text().replace("Microsoft.Example/things", "Microsoft.KeyVault/vualts")
    rule.write_text(good)
    tested = run("rules", "test", "own.thing.tls", "--rules", "mine")
    assert "(did you mean 'Microsoft.KeyVault/vaults'?)" in tested.stderr, "it would never meet a resource"
    rule.write_text(good.replace("vualts", "vaults"))
    assert run("rules", "test", "own.thing.tls", "--rules", "mine").stderr == ""
    assert run("rules", "show", "own.thing.tls", "--rules", "mine").stdout.startswith("# TODO")
    assert run("rules", "new", "own.thing.tls", "--folder", "mine").returncode == 2
    rule.write_text("id: ]")
    refused = run("scan", "--from", put(tmp_path, VAULT), "--rules", "mine")
    assert refused.returncode == 2
    assert "tls.yaml:1" in refused.stderr


def test_completion_prints_a_script(run: Any) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "_AUDITOR_COMPLETE" in run("completion", shell).stdout
