"""Whole commands on a real cluster: what they find, what they say of what they could not read, what they never keep."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from commands import Command

from tests.clusters.faulty import silent
from tests.clusters.objects import CANARY, allow
from tests.clusters.server import ADMIN, LIMITED, Server

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]


@pytest.fixture
def kubeconfig(cluster: Server, tmp_path: Path) -> str:
    return str(cluster.kubeconfig(tmp_path / "kubeconfig", ("prod", ADMIN), ("limited", LIMITED)))


def written(folder: Path) -> str:
    """Everything that a command left in a folder, uncompressed."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "kubeconfig"]
    return "".join(
        (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode(errors="replace")
        for path in files
    )


def test_a_cluster_is_audited(command: Command, kubeconfig: str, tmp_path: Path) -> None:
    done = command("scan", "--kube-context", "prod", "--kubeconfig", kubeconfig, "--read-tls-secrets", "-vv",
                   "--save-snapshot", "snap", "--exclude", "paths.*",
                   "-o", "audit.json", "-o", "audit.html")  # fmt: skip
    audit = json.loads((tmp_path / "audit.json").read_text())
    assert audit["gaps"] == []
    assert done.returncode == 1, done.stderr
    assert audit["scope"]["clusters"] == ["prod"]
    assert audit["scope"]["inputs"] == ["cluster prod"]
    failed = {finding["ruleId"] for finding in audit["findings"] if finding["outcome"] == "fail"}
    assert "kubernetes.workload.no-literal-secrets" in failed
    assert not [finding for finding in audit["findings"] if finding["outcome"] == "error"]
    assert CANARY not in written(tmp_path) + done.stdout + done.stderr
    again = command("scan", "--from", "snap", "--exclude", "paths.*", "-f", "json", "-o", "again.json")
    assert again.returncode == 1
    findings = json.loads((tmp_path / "again.json").read_text())["findings"]
    assert [(one["fingerprint"], one["outcome"]) for one in findings] == [
        (one["fingerprint"], one["outcome"]) for one in audit["findings"]
    ]


def test_what_may_not_be_read_makes_the_audit_incomplete(
    command: Command, cluster: Server, kubeconfig: str, tmp_path: Path
) -> None:
    allow(cluster, "limited", [{"apiGroups": ["", "apps"], "resources": ["*"], "verbs": ["list"]}])
    done = command("collect", "--kube-context", "all", "--kubeconfig", kubeconfig, "--output", "snap")
    assert done.returncode == 3
    assert "incomplete" in done.stderr
    manifest = json.loads((tmp_path / "snap" / "manifest.json").read_text())
    assert {gap["what"] for gap in manifest["gaps"]} == {"/clusters/limited"}
    assert {gap["kind"] for gap in manifest["gaps"]} == {"forbidden"}
    assert CANARY not in written(tmp_path)
    scanned = command("scan", "--from", "snap", "--exclude", "paths.*", "-f", "json", "-o", "audit.json")
    assert scanned.returncode == 3
    audit = json.loads((tmp_path / "audit.json").read_text())
    spaces = [one for one in audit["findings"] if one["ruleId"] == "kubernetes.network-policy.default-deny-ingress"]
    said = {(one["resource"]["id"].split("/")[2], one["outcome"]) for one in spaces}
    assert ("limited", "unknown") in said  # its policies could not be read: no false alarm
    assert ("limited", "fail") not in said
    assert ("prod", "fail") in said
    assert audit["scope"]["clusters"] == ["limited", "prod"]


def test_a_collection_can_be_redacted_at_once(command: Command, kubeconfig: str, tmp_path: Path) -> None:
    done = command("collect", "--kube-context", "prod", "--kubeconfig", kubeconfig, "--output", "snap", "--redact")
    assert done.returncode == 0, done.stderr
    text = written(tmp_path / "snap")
    assert '"shop"' not in text
    assert "contoso" not in text
    assert text.count('"type":"core/ConfigMap"') > 2000


def test_a_cluster_out_of_reach_is_a_gap_beside_the_others(
    command: Command, cluster: Server, kubeconfig: str, tmp_path: Path
) -> None:
    with silent() as quiet:
        away = cluster.kubeconfig(tmp_path / "away", ("away", ADMIN), server=quiet)
        both = f"{kubeconfig}:{away}"
        done = command("scan", "--kube-context", "prod", "--kube-context", "away", "--kubeconfig", both,
                       "--time-limit", "0.1", "-f", "json", "-o", "audit.json")  # fmt: skip
    assert done.returncode == 3
    audit = json.loads((tmp_path / "audit.json").read_text())
    assert {gap["what"] for gap in audit["gaps"]} == {"/clusters/away"}
    assert audit["summary"]["counts"]["fail"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--kube-context", "nowhere"], "no context 'nowhere'"),
        (["--aks"], "which part of Azure"),
        (["--kube-context", "prod", "--from", "x.json"], "Files and a live scope"),
    ],
)
def test_what_does_not_go_together_is_said(command: Command, kubeconfig: str, arguments: list[str], said: str) -> None:
    done = command("scan", *arguments, "--kubeconfig", kubeconfig)
    assert done.returncode == 2
    assert said in done.stderr


def test_clusters_can_be_named_in_the_settings(command: Command, kubeconfig: str, tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text(f"kubeContexts: [prod]\nkubeconfig: {kubeconfig}\nselect: [kubernetes.*]\n")
    done = command("scan", "-f", "json", "-o", "audit.json")
    assert done.returncode == 1, done.stderr
    assert json.loads((tmp_path / "audit.json").read_text())["scope"]["clusters"] == ["prod"]
