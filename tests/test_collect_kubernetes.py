"""Reading clusters, against a real kube-apiserver: all of what may be read, and a gap for everything else."""

from __future__ import annotations

import subprocess
import urllib.parse
from pathlib import Path

import orjson
import pytest

from auditor.collect.kubernetes.clusters import contexts_of
from auditor.kubernetes.workloads import containers_of
from auditor.model.errors import ConfigError
from auditor.model.gap import Gap
from auditor.sanitize.kubernetes import sanitized_kubernetes
from tests.clusters.collected import TYPES, read, through
from tests.clusters.faulty import Fault
from tests.clusters.objects import CANARY, MANY, allow
from tests.clusters.server import ADMIN, LIMITED, READER, Server

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]

CONTAINER = {
    "name": "web",
    "image": "registry.contoso.example/web:1",
    "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}],
    "restartPolicy": "Always",
    "securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}, "procMount": "Default"},
}
POD = {"containers": [CONTAINER], "hostUsers": False, "os": {"name": "linux"}, "schedulingGates": [{"name": "gate"}]}
NEWER = {
    "core/Pod": {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {**POD, "ephemeralContainers": [{"name": "debug", "image": "busybox", "targetContainerName": "web"}]},
    },
    "batch/CronJob": {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "nightly", "namespace": "shop"},
        "spec": {
            "schedule": "0 3 * * *",
            "timeZone": "Europe/Amsterdam",
            "jobTemplate": {"spec": {"podFailurePolicy": {"rules": []}, "template": {"spec": POD}}},
        },
    },
    "core/Service": {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"internalTrafficPolicy": "Local", "trafficDistribution": "PreferClose", "ipFamilies": ["IPv4"]},
    },
}
"""Objects with fields that Kubernetes has had since 1.21."""


def reasons(gaps: list[Gap]) -> list[tuple[str, str | None, str]]:
    return [(gap.what, gap.type, gap.kind) for gap in gaps]


def test_a_list_of_many_pages_is_read_once_and_whole(cluster: Server, admin: Path, folder: Path) -> None:
    seen = len(cluster.requests())
    found = read(folder, admin, types={"core/configmap"})
    names = [one.name for one in found.of("core/ConfigMap") if one.name.startswith("many-")]
    assert names == [f"many-{number:04}" for number in range(MANY)]
    assert not found.gaps
    asked = [event["requestURI"] for event in cluster.requests()[seen:]]
    lists = [urllib.parse.unquote(uri) for uri in asked if uri.startswith("/api/v1/configmaps")]
    assert len(lists) == MANY // 500 + 1
    assert all("limit=500" in uri for uri in lists)


def test_a_token_that_expires_between_pages_loses_nothing(cluster: Server, folder: Path) -> None:
    answers: list[int] = []

    def forget_the_past(path: str, _number: int) -> Fault | None:
        if "continue=" in path and len(answers) < 3:  # thrice, so that the token for the rest expires too
            one = {"metadata": {"name": "passing"}}
            cluster.create("/api/v1/namespaces/shop/serviceaccounts", one)
            cluster.ask("DELETE", "/api/v1/namespaces/shop/serviceaccounts/passing")
            cluster.compact()
            answers.append(cluster.ask("GET", path).status)
        return None

    found, _asked = through(cluster, folder, forget_the_past, types={"core/configmap"})
    names = [one.name for one in found.of("core/ConfigMap") if one.name.startswith("many-")]
    assert names == [f"many-{number:04}" for number in range(MANY)]
    assert not found.gaps
    assert 410 in answers  # it did expire


def test_a_list_begins_anew_when_the_server_gives_no_token_for_the_rest(cluster: Server, folder: Path) -> None:
    gone = {"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410, "metadata": {}}
    begun: list[str] = []

    def expire(path: str, _number: int) -> Fault | None:
        begun.extend([path] if "/configmaps" in path and "continue=" not in path else [])
        return Fault(status=410, body=gone) if "continue=" in path and len(begun) < 3 else None

    found, _asked = through(cluster, folder, expire, types={"core/configmap"})
    names = [one.name for one in found.of("core/ConfigMap") if one.name.startswith("many-")]
    assert names == [f"many-{number:04}" for number in range(MANY)]
    assert not found.gaps
    assert len(begun) == 3


@pytest.mark.parametrize("again", [True, False])
def test_a_list_that_never_ends_becomes_a_gap(cluster: Server, folder: Path, again: bool) -> None:
    body = {"kind": "ConfigMapList", "metadata": {"continue": "same"}, "items": []}
    gone = {"code": 410, "metadata": {"continue": "same"}}

    def endless(path: str, _number: int) -> Fault | None:
        if "/configmaps" in path:
            return Fault(status=410, body=gone) if again and "continue" in path else Fault(status=200, body=body)
        return None

    found, asked = through(cluster, folder, endless, types={"core/configmap"})
    assert reasons(found.gaps) == [("/clusters/prod", "core/ConfigMap", "unreadable")]
    assert len(asked) < 40


def test_what_is_not_installed_is_covered_and_what_is_forbidden_is_a_gap(cluster: Server, folder: Path) -> None:
    allow(cluster, "limited", [{"apiGroups": [""], "resources": ["namespaces", "configmaps"], "verbs": ["list"]}])
    limited = cluster.kubeconfig(folder / "limited", ("prod", LIMITED))
    found = read(folder, limited)
    assert len(found.of("core/ConfigMap")) > MANY
    assert "security.istio.io/peerauthentication" in found.covers
    assert "gateway.networking.k8s.io/httproute" in found.covers  # the group is there, the kind is not
    assert reasons(found.gaps) == [
        ("/clusters/prod", kind, "forbidden")
        for kind in (
            "apps/Deployment",
            "batch/CronJob",
            "core/ServiceAccount",
            "gateway.networking.k8s.io/Gateway",
            "gateway.networking.k8s.io/ReferenceGrant",
            "rbac.authorization.k8s.io/ClusterRole",
        )
    ]
    assert "not allowed to list gateways of the API group gateway.networking.k8s.io" in found.gaps[3].reason


def test_custom_resources_come_whole_in_whatever_version_is_served(admin: Path, folder: Path) -> None:
    found = read(folder, admin)
    (gateway,) = found.of("gateway.networking.k8s.io/Gateway")
    assert gateway.body["spec"]["listeners"][0]["notInAnySchema"] == {"kept": [1, None, "é"]}
    assert gateway.body["apiVersion"] == "gateway.networking.k8s.io/v1"
    assert gateway.id == "/clusters/prod/namespaces/shop/gateway.networking.k8s.io/Gateway/edge"
    assert "managedFields" not in gateway.body["metadata"]
    (grant,) = found.of("gateway.networking.k8s.io/ReferenceGrant")
    assert grant.body["apiVersion"] == "gateway.networking.k8s.io/v1beta1"
    assert grant.origin.source == "live"
    role = found.of("rbac.authorization.k8s.io/ClusterRole")[0]
    assert role.namespace is None
    assert not found.gaps
    assert found.covers == TYPES


def test_a_reader_is_never_asked_for_more_than_lists(cluster: Server, folder: Path) -> None:
    allow(cluster, "reader", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])
    seen = len(cluster.requests())
    read(folder, cluster.kubeconfig(folder / "reader", ("prod", READER)), types={*TYPES, "core/secret"})
    mine = [event for event in cluster.requests()[seen:] if event["user"]["username"] == "reader"]
    assert {event["verb"] for event in mine} == {"get", "list"}
    assert all("objectRef" not in event for event in mine if event["verb"] == "get")  # discovery
    assert not [event for event in mine if event.get("objectRef", {}).get("resource") == "secrets"]


def test_nothing_secret_is_kept(cluster: Server, admin: Path, folder: Path) -> None:
    types = {*TYPES, "core/secret"}
    without = read(folder, admin, types=types, configuration=frozenset({"ssl-protocols"}))
    assert not without.of("core/Secret")
    assert "core/secret" not in without.covers
    found = read(folder, admin, types=types, configuration=frozenset({"ssl-protocols", "url"}), tls_secrets=True)
    assert [one.name for one in found.of("core/Secret")] == ["key-beside-the-certificate", "tls"]
    for secret in found.of("core/Secret"):
        assert list(secret.body["data"]) == ["tls.crt"]
    for one in found.resources:
        text = orjson.dumps(one.body, default=repr)
        assert CANARY.encode() not in text, one.id
    assert b"PRIVATE KEY" not in b"".join(orjson.dumps(one.body) for one in found.of("core/Secret"))


def test_what_replaces_a_secret_leaves_the_answers_of_rules_as_they_are(admin: Path, folder: Path) -> None:
    found = read(folder, admin, configuration=frozenset({"ssl-protocols"}))
    settings = next(one for one in found.of("core/ConfigMap") if one.name == "settings")
    assert settings.body["data"]["ssl-protocols"] == "TLSv1.3"
    assert settings.body["data"]["password"] == "removed-by-auditor"
    assert settings.partial
    (web,) = found.of("apps/Deployment")
    (container,) = containers_of(web)
    assert {one["name"]: one["value"] for one in container["env"]} == {
        "DB_PASSWORD": "removed-by-auditor",
        "STORAGE": "AccountName=a;AccountKey=removed-by-auditor;EndpointSuffix=core",
        "BROKER": "amqp://user:removed-by-auditor@broker:5671/",
        "PEM": "-----BEGIN RSA PRIVATE KEY-----removed-by-auditor-----END RSA PRIVATE KEY-----\n",
        "MODE": "production",
        "TOKEN_FILE": "/var/run/token",
    }


def test_contexts_are_chosen_by_name(cluster: Server, folder: Path) -> None:
    kubeconfig = str(cluster.kubeconfig(folder / "k", ("a", ADMIN), ("b", READER)))
    assert [one.name for one in contexts_of(["all"], kubeconfig)] == ["a", "b"]
    assert [one.name for one in contexts_of(["b", "a", "b"], kubeconfig)] == ["b", "a"]
    with pytest.raises(ConfigError, match="no context 'c'") as error:
        contexts_of(["c"], kubeconfig)
    assert error.value.hint == "Its contexts are: a, b."
    text = Path(kubeconfig).read_text().replace("cluster: b\n", "cluster: a\n").replace("current-context: a\n", "")
    Path(kubeconfig).write_text(text)
    assert [one.name for one in contexts_of(["all"], kubeconfig)] == ["a"]  # each cluster once


@pytest.mark.parametrize("text", ["", "[]", "a: [", "contexts: 3", "{}", "\xff"])
def test_a_file_that_is_no_kubeconfig_is_said(folder: Path, text: str) -> None:
    (folder / "k").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError):
        contexts_of(["all"], str(folder / "k"))
    with pytest.raises(ConfigError, match="no kubeconfig at"):
        contexts_of(["all"], str(folder / "nowhere"))


def test_the_programs_of_the_tests_say_how_they_are_used() -> None:
    script = Path(__file__).parent.parent / "scripts/kube-apiserver"
    done = subprocess.run([script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "kube-apiserver build" in done.stderr


def test_objects_of_newer_servers_lose_nothing_that_their_models_know() -> None:
    """The server of these tests is 1.20. What later ones send is held to the client's models of 1.37 instead."""
    from kubernetes import client

    kinds = {"core/Pod": client.V1Pod, "batch/CronJob": client.V1CronJob, "core/Service": client.V1Service}
    for kind, model in kinds.items():
        body = NEWER[kind]
        assert client.ApiClient().sanitize_for_serialization(model.from_dict(body)) == body  # such objects there are
        kept = sanitized_kubernetes(kind, orjson.loads(orjson.dumps(body)), frozenset())
        assert kept == body
