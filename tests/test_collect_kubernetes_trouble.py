"""Reading clusters that fail, hang or forbid: it ends, and what is missing is a gap."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.collect.collection_journal import Book
from auditor.collect.kubernetes.cluster_reader import Wanted
from auditor.collect.kubernetes.clusters import contexts_of
from auditor.collect.kubernetes.collection import collect
from auditor.collect.kubernetes.connection import PATIENCE, Patience
from tests.clusters.collected import HASTY, TYPES, Read, read, through
from tests.clusters.faulty import Fault, before, silent
from tests.clusters.objects import MANY
from tests.clusters.server import ADMIN, Server

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]


def test_a_wrong_token_is_a_gap_for_every_type(cluster: Server, folder: Path) -> None:
    found = read(folder, cluster.kubeconfig(folder / "wrong", ("prod", "wrong-token")))
    assert {gap.type for gap in found.gaps} == TYPES
    assert {gap.kind for gap in found.gaps} == {"forbidden"}
    assert "does not accept the credentials" in found.gaps[0].reason
    assert not found.covers


def test_clusters_out_of_reach_hold_up_nobody(cluster: Server, folder: Path) -> None:
    cluster.kubeconfig(folder / "prod", ("prod", ADMIN))
    elsewhere = {
        "refused": "https://127.0.0.1:1",
        "unknown": "https://no-such-host.invalid",
        "not-tls": cluster.url.replace("https", "http"),
        "not-kubernetes": "http://127.0.0.1:1",
    }
    with silent() as quiet:
        elsewhere["silent"] = quiet
        for name, url in elsewhere.items():
            cluster.kubeconfig(folder / name, (name, ADMIN), server=url)
        trusted = cluster.kubeconfig(folder / "untrusted", ("untrusted", ADMIN))
        trusted.write_text(trusted.read_text().replace("ca.pem", "server.key"))
        hanging = cluster.kubeconfig(folder / "hanging", ("hanging", ADMIN))
        program = "exec: {apiVersion: client.authentication.k8s.io/v1, command: sleep, args: ['30']}"
        hanging.write_text(hanging.read_text().replace(f"token: {ADMIN}", program))
        names = [*elsewhere, "untrusted", "hanging"]
        begun = time.monotonic()
        everything = ":".join(str(folder / name) for name in ["prod", *names])
        patience = Patience(connect=2, silence=4, answer=20, cluster=12)
        found = read(folder, everything, *["prod", *names], patience=patience)
    assert time.monotonic() - begun < 60, "one after the other"
    assert len(found.of("core/ConfigMap")) > MANY
    assert {gap.what for gap in found.gaps} == {f"/clusters/{name}" for name in names}
    assert len(found.gaps) == len(names) * len(TYPES)
    said = {gap.what.rpartition("/")[2]: (gap.kind, gap.reason) for gap in found.gaps}
    for name in ("refused", "unknown", "silent", "untrusted", "hanging"):
        assert said[name][0] == "unreachable", said[name]
    assert "given up" in said["hanging"][1]
    assert "not answered within 4 seconds" in said["silent"][1] or "cannot be reached" in said["silent"][1]


def test_a_sign_in_program_that_fails_is_a_gap_not_an_anonymous_visit(cluster: Server, folder: Path) -> None:
    kubeconfig = cluster.kubeconfig(folder / "failing", ("prod", ADMIN))
    program = "exec: {apiVersion: client.authentication.k8s.io/v1, command: 'false'}"
    kubeconfig.write_text(kubeconfig.read_text().replace(f"token: {ADMIN}", program))
    found = read(folder, kubeconfig)
    assert "signing in failed" in found.gaps[0].reason
    assert not found.resources


def test_time_that_is_up_leaves_gaps_and_what_was_read(cluster: Server, folder: Path) -> None:
    found, _asked = through(cluster, folder, lambda _path, _number: Fault(delay=0.4), seconds=3)
    assert found.gaps
    assert all("time limit" in gap.reason for gap in found.gaps)
    missing = {(gap.type or "").casefold() for gap in found.gaps}
    assert missing | found.covers == TYPES


def test_a_throttled_answer_is_waited_for(cluster: Server, folder: Path) -> None:
    times: list[float] = []

    def throttle(path: str, _number: int) -> Fault | None:
        if "/namespaces" in path:
            times.append(time.monotonic())
            if len(times) == 1:
                return Fault(status=429, body={"message": "too many"}, headers={"Retry-After": "1"})
        return None

    found, _asked = through(cluster, folder, throttle)
    assert not found.gaps
    assert times[1] - times[0] >= 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(reset=True),
        Fault(truncated=True),
        Fault(status=503, body={"message": "busy"}),
        Fault(garbage=b"<html>sign in</html>"),
        Fault(garbage=b"[]"),
        Fault(garbage=b'{"items": 3}'),
        Fault(garbage=b'{"metadata": {}, "items": ["x"]}'),
        Fault(status=500, body="?"),
        Fault(status=302, body={}, headers={"Location": "https://elsewhere.invalid/"}),
        Fault(trickle=0.2, garbage=b" " * 1000),
    ],
)
def test_a_list_that_cannot_be_read_is_a_gap_of_its_type(cluster: Server, folder: Path, fault: Fault) -> None:
    def break_roles(path: str, _number: int) -> Fault | None:
        return fault if "/clusterroles" in path else None

    patience = Patience(answer=5) if fault.trickle else PATIENCE
    found, asked = through(cluster, folder, break_roles, patience=patience)
    assert ("rbac.authorization.k8s.io/ClusterRole") in {gap.type for gap in found.gaps}
    assert not found.of("rbac.authorization.k8s.io/ClusterRole")
    assert len(found.of("core/ConfigMap")) > MANY
    assert len([path for path in asked if "/clusterroles" in path]) <= 4


def test_pages_that_go_round_in_circles_are_a_gap(cluster: Server, folder: Path) -> None:
    def circle(path: str, _number: int) -> Fault | None:
        if "/clusterroles?" not in path:
            return None
        more = "b" if "continue=a" in path else "a"
        return Fault(status=200, body={"kind": "ClusterRoleList", "metadata": {"continue": more}, "items": []})

    found, asked = through(cluster, folder, circle)
    reasons = [gap.reason for gap in found.gaps if gap.type == "rbac.authorization.k8s.io/ClusterRole"]
    assert reasons == ["the list of clusterroles goes round in circles"]
    assert len([path for path in asked if "/clusterroles?" in path]) == 3


@pytest.mark.parametrize("seed", range(12))
def test_whatever_goes_wrong_nothing_is_missed_in_silence(
    cluster: Server, admin: Path, folder: Path, whole: Read, seed: int
) -> None:
    choice = random.Random(seed)
    faults = [
        Fault(reset=True),
        Fault(truncated=True),
        Fault(status=500, body={}),
        Fault(status=403, body={}),
        Fault(status=410, body={"metadata": {}}),
        Fault(status=404, body={}),
        Fault(garbage=b""),
        Fault(delay=1.5),
    ]
    share = choice.choice([0.05, 0.2, 0.6])

    def fail(_path: str, _number: int) -> Fault | None:
        return choice.choice(faults) if choice.random() < share else None

    found, _asked = through(cluster, folder, fail, page=200, patience=HASTY)
    assert len(found.ids) == len(set(found.ids))
    assert set(found.ids) <= set(whole.ids)
    missing = {one.type.casefold() for one in whole.resources if one.id not in set(found.ids)}
    assert missing <= {(gap.type or "").casefold() for gap in found.gaps}


@pytest.fixture(scope="module")
def whole(cluster: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    folder = tmp_path_factory.mktemp("whole")
    found = read(folder, cluster.kubeconfig(folder / "admin", ("prod", ADMIN)))
    assert not found.gaps
    return found


def test_what_was_read_once_is_not_asked_for_again(cluster: Server, folder: Path) -> None:
    def one(path: str, number: int) -> Fault | None:
        return Fault(status=403, body={}) if "/clusterroles" in path and not resumed else None

    resumed: list[bool] = []
    with before(cluster, one) as proxy:
        kubeconfig = cluster.kubeconfig(folder / "faulty", ("prod", ADMIN), server=proxy.url)
        clusters = contexts_of(["prod"], str(kubeconfig))
        with Book(folder / "journal", {}) as book:
            collect(Wanted(frozenset(TYPES)), clusters, book)
            assert len(book.gaps) == 1
        resumed.append(True)
        proxy.asked.clear()
        with Book(folder / "journal", {}) as book:
            collect(Wanted(frozenset(TYPES)), clusters, book)
            again = Read(book)
    assert not again.gaps
    assert [path for path in proxy.asked if "limit=" in path] == [
        "/apis/rbac.authorization.k8s.io/v1/clusterroles?limit=500"
    ]
    assert again.ids == read(folder, cluster.kubeconfig(folder / "admin", ("prod", ADMIN))).ids
