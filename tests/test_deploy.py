"""The files of `deploy/`: our own rules have nothing against them, and they call the auditor by options that it has."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml
from kubernetes import client

from auditor.cli import root
from auditor.pipeline import live_collection
from auditor.pipeline.config_file import read_config
from tests.bicep import modules, parameters, variable

if TYPE_CHECKING:
    from tests.clusters.server import Server

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
GUID = r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text(encoding="utf-8")))


def test_the_cronjob_passes_our_own_rules() -> None:
    command = [sys.executable, "-m", "auditor", "gate", str(DEPLOY / "cronjob.yaml"), "--fail-on-unknown", "info"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_its_settings_are_sound(tmp_path: Path) -> None:
    (found,) = (one for one in documents("cronjob.yaml") if one["kind"] == "ConfigMap")
    file = tmp_path / "auditor.yaml"
    file.write_text(found["data"]["auditor.yaml"], encoding="utf-8")
    assert read_config(file)["publish"]["sentinel"]


def settings_of(name: str, folder: Path) -> Path:
    """The settings that a file gives the auditor, with values for what it leaves open."""
    file = folder / "auditor.yaml"
    if name == "cronjob":
        (found,) = (one for one in documents("cronjob.yaml") if one["kind"] == "ConfigMap")
        file.write_text(found["data"]["auditor.yaml"].replace("<subscription id>", SUBSCRIPTION), encoding="utf-8")
    else:
        text = json.dumps(variable(DEPLOY / "azure" / "job.bicep", "settings"))
        text = text.replace("[parameters('subscriptionId')]", SUBSCRIPTION)
        file.write_text(text.replace("[parameters('history')]", "https://a.blob.core.windows.net/c/h.db"), "utf-8")
    return file


@pytest.mark.parametrize(("name", "cluster"), [("cronjob", "production"), ("container apps job", None)])
def test_what_is_scheduled_audits_what_its_settings_name(name: str, cluster: str | None, tmp_path: Path) -> None:
    """An option that names a part of the scope sets aside the parts that the settings name."""
    words = [str(settings_of(name, tmp_path)) if word.startswith("/etc/auditor/") else word for word in calls()[name]]
    command = root.get_command(click.Context(root), words[0])
    assert command is not None
    wanted = live_collection.live_settings(command.make_context(words[0], words[1:]).params)
    wanted.check()
    assert (wanted.scope.subscriptions, wanted.clusters.in_cluster) == ((SUBSCRIPTION,), cluster)


BICEP = sorted((DEPLOY / "azure").rglob("*.bicep"))


def test_every_module_gets_its_parameters() -> None:
    called = [one for path in BICEP for one in modules(path).values()]
    assert {path for path, _given in called} == {path for path in BICEP if path.name != "main.bicep"}
    for path, given in called:
        declared = parameters(path)
        assert {name for name, needed in declared.items() if needed} <= given <= declared.keys(), path


def test_the_roles_of_the_job_are_these_and_no_other() -> None:
    """Reader, Security Reader and Key Vault Reader (azure-roles.md); AcrPull, Monitoring Metrics Publisher and Storage
    Blob Data Contributor, each on the one thing that it is for."""
    text = "".join(path.read_text(encoding="utf-8") for path in BICEP)
    table = re.findall(r"^\|.*\|$", (DEPLOY / "azure-roles.md").read_text(encoding="utf-8"), re.MULTILINE)
    audits = set(re.findall(GUID, "\n".join(table)))
    assert set(re.findall(GUID, text)) == audits | {
        "7f951dda-4ed3-4680-a7ca-43fe172d538d",
        "3913510d-42f4-4e42-8a64-420c390055eb",
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    }
    for path in (DEPLOY / "azure" / "access").iterdir():
        assert re.search(r"roleAssignments@[\d-]+' = \{\n  scope: \w+\n", path.read_text(encoding="utf-8")), path


PLACES = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/auditor/serviceaccounts",
    "ConfigMap": "/api/v1/namespaces/auditor/configmaps",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/auditor/networkpolicies",
    "PersistentVolumeClaim": "/api/v1/namespaces/auditor/persistentvolumeclaims",
    "CronJob": "/apis/batch/v1beta1/namespaces/auditor/cronjobs",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
}


def shipped() -> list[dict[str, Any]]:
    """All that is to be applied to a cluster."""
    access = documents("kubernetes/cluster-role.yaml") + documents("kubernetes/binding.yaml")
    return documents("cronjob.yaml") + access


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_a_real_server_takes_what_is_applied_and_the_pod_that_comes_of_it(cluster: Server) -> None:
    """All that was said is kept: what a server does not know it drops. Ours is older than `batch/v1` for a CronJob, and
    has no `timeZone`; the next test holds both to the models of a newer one."""
    made = []
    try:
        for body in shipped():
            if body["kind"] == "CronJob":
                body["apiVersion"] = "batch/v1beta1"
                del body["spec"]["timeZone"]
                template = body["spec"]["jobTemplate"]["spec"]
            answer = cluster.ask("POST", PLACES[body["kind"]], body)
            assert answer.status == 201, (body["kind"], answer.body)
            made.append(f"{PLACES[body['kind']]}/{body['metadata']['name']}")
            assert kept(body, answer.body) == body
        job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "one"}, "spec": template}
        answer = cluster.ask("POST", "/apis/batch/v1/namespaces/auditor/jobs?dryRun=All", job)
        assert (answer.status, kept(job, answer.body)) == (201, job), answer.body
        pod = {"apiVersion": "v1", "kind": "Pod", **template["template"]}
        pod["metadata"] |= {"name": "one"}
        answer = cluster.ask("POST", "/api/v1/namespaces/auditor/pods?dryRun=All", pod)
        assert (answer.status, kept(pod, answer.body)) == (201, pod), answer.body
        who = "system:serviceaccount:auditor:auditor"
        for verb, expected in (("list", True), ("create", False)):
            asked = {"user": who, "resourceAttributes": {"group": "apps", "resource": "deployments", "verb": verb}}
            review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": asked}
            for _ in range(100):  # a server takes a moment until a new role holds
                answer = cluster.ask("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
                if answer.body["status"]["allowed"] is expected:
                    break
                time.sleep(0.1)
            assert answer.body["status"]["allowed"] is expected, answer.body
    finally:
        for path in reversed(made):  # one by one: no controller runs here that empties a namespace
            cluster.ask("DELETE", path)


def kept(said: Any, there: Any) -> Any:
    """What is there of all that was said."""
    if isinstance(said, dict) and isinstance(there, dict):
        return {key: kept(value, there[key]) for key, value in said.items() if key in there}
    if isinstance(said, list) and isinstance(there, list) and len(said) == len(there):
        return [kept(one, other) for one, other in zip(said, there, strict=True)]
    return there


def test_the_models_of_newer_servers_know_every_field() -> None:
    api = client.ApiClient()
    for body in shipped():
        model = api.deserialize(json.dumps(body), f"V1{body['kind']}", "application/json")
        assert api.sanitize_for_serialization(model) == body


def calls() -> dict[str, list[str]]:
    """How each file calls the auditor."""
    (job,) = (one for one in documents("cronjob.yaml") if one["kind"] == "CronJob")
    container = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    bicep = re.findall(r"args: \[(.*)\]", (DEPLOY / "azure" / "job.bicep").read_text(encoding="utf-8"))
    steps = documents("github-workflow.yml")[0]["jobs"]["audit"]["steps"]
    (run,) = (step["run"] for step in steps if step.get("name") == "Audit")
    return {
        "cronjob": container["args"],
        "container apps job": [word.strip(" '") for word in bicep[0].split(",")],
        "workflow": run.split()[1:],
    }


@pytest.mark.parametrize("name", ["cronjob", "container apps job", "workflow"])
def test_the_options_are_there(name: str) -> None:
    words = calls()[name]
    command = root.get_command(click.Context(root), words[0])
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_workflow_asks_for_nothing_where_github_does_not_know_it_yet() -> None:
    """The variables of a job are made before it has a runner; GitHub refuses the whole file otherwise."""
    workflow = documents("github-workflow.yml")[0]
    early = [workflow.get("env"), *(job.get("env") for job in workflow["jobs"].values())]
    assert not re.search(r"\$\{\{\s*(?:runner|steps|env|job)\.", str(early))
    signed_in = next(step["run"] for step in workflow["jobs"]["audit"]["steps"] if step.get("name") == "Sign in")
    assert 'AZURE_FEDERATED_TOKEN_FILE=$token" >> "$GITHUB_ENV"' in signed_in


def test_the_workflow_uploads_no_results_that_are_gone() -> None:
    """GitHub would show what a baseline has and the audit has not as open."""
    steps = documents("github-workflow.yml")[0]["jobs"]["audit"]["steps"]
    uploaded = next(step["with"]["sarif_file"] for step in steps if "upload-sarif" in step.get("uses", ""))
    writing = [step["run"] for step in steps if uploaded in step.get("run", "")]
    assert len(writing) == 1 and "--baseline" not in writing[0]


def test_what_the_image_copies_is_there() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)]
    assert copied
    assert all((ROOT / path).exists() for paths in copied for path in paths)
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text, re.MULTILINE)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs rights to give them up")
def test_an_ordinary_user_on_a_tree_that_cannot_be_written(tmp_path: Path) -> None:
    """As in the image: no right but to read, and one folder for what is temporary."""
    for tool in ("unshare", "setpriv"):
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}")
    own = tmp_path / "own"
    own.mkdir(mode=0o777)
    own.chmod(0o777)
    run = [sys.executable, "-m", "auditor", "scan", "--from", str(DEPLOY / "cronjob.yaml"), "-f", "line"]
    plain = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]
    rights = ["--inh-caps", "-all,+dac_read_search", "--ambient-caps", "+dac_read_search"]
    shell = 'mount --bind "$TMPDIR" "$TMPDIR" && mount -o remount,bind,ro / && cd /proc && exec setpriv "$@"'
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": str(own), "PYTHONPATH": str(ROOT)}
    command = ["unshare", "--mount", "sh", "-c", shell, "sh", *plain, *rights, *run]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if "unshare failed" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no mounts of our own here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert "verdict=clean" in done.stdout
    assert not list(own.iterdir())
