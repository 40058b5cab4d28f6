"""YAML is read as an API server reads it; what it refuses, or what two readers take for two things, is not known."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tools

from auditor.ingest.inventory import open_inventory
from auditor.model.resource import Resource, Unknown

if TYPE_CHECKING:
    from commands import Command

    from tests.clusters.server import Server

_HEAD = "apiVersion: test.auditor.example/v1\nkind: Thing\nmetadata: {generateName: a}\n"
SCALARS = (
    "y", "Y", "n", "N", "yes", "Yes", "YES", "yES", "no", "NO", "on", "On", "oN", "off", "OFF", "true", "TRUE", "tRue",
    "'y'", '"on"', "0o17", "0O17", "0x1F", "0X1f", "0b11", "0B11", "-0b11", "+0b11", "017", "09", "08", "0_8", "1_000",
    "1_", "._5", ".5_0", "1__0", "0x", "0x_1", "0_", "0b_", "1.", "+.5", "-.5e3", "1e3", "1E+3", "1e400", "0.", "1e",
    "e1", "12e03", "1.e5", "1_0.5", "1.5_5", "0777", "-017", "0o", "+12", "+0x1F", "00", "-0", "22:22", "190:20:30",
    "2001-12-14", "2001-12-14T21:59:43.10Z", "~", "Null", "nULL", "<<", "=", "+", "0x1.8p1", "99999999999999999999",
    "!!str 12", "!!str yes", "!!int '12'", "!!int 0o17", "!!bool 'y'", "!!bool yes", "!!float 1", "!!float '1.5'",
    "!!float .5", "!!binary aGk=", "!!timestamp 2001-12-14", "!foo bar", "! 12", "!!null ''", "-9223372036854775809",
)  # fmt: skip
REFUSED = (".inf", "-.INF", ".nan", "!!int foo", "!!bool maybe", "!!bool 1", "!!int 1.0")
DOCUMENTS = (
    "a: 1\n<<: {a: 2}\n",
    "<<: {a: 2}\na: 1\n",
    "<<: [{a: 1}, {a: 2, b: 3}]\n",
    "k: {<<: {a: 1}, <<: {a: 2, b: 2}}\n",
    "b: &b {a: {x: 1}}\nk: {<<: *b, a: {z: 2}}\n",
    '"<<": {a: 1}\n',
    "k: {!!merge <<: {a: 1}}\n",
    "1: x\n1.0e1: x\n1.5: x\n0x1F: x\ny: x\n2001-12-14: x\n!!binary aGk=: x\n",
)
_CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "things.test.auditor.example"},
    "spec": {
        "group": "test.auditor.example",
        "scope": "Cluster",
        "names": {"plural": "things", "kind": "Thing"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


def read(path: Path, text: str) -> tuple[list[Resource], list[str]]:
    path.write_text(text)
    inventory = open_inventory([str(path)])
    resources = list(inventory.resources())
    return resources, [f"{gap.what.rpartition('/')[2]}: {gap.reason}" for gap in inventory.gaps]


@pytest.fixture(scope="module")
def things(cluster: Server) -> Iterator[Any]:
    """Asks the API server what it makes of a YAML document."""
    from tests.clusters.server import ADMIN

    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", _CRD)
    one = {"apiVersion": "test.auditor.example/v1", "kind": "Thing", "metadata": {"name": "one"}}
    cluster.create_soon("/apis/test.auditor.example/v1/things", one)

    def ask(text: str) -> dict[str, Any] | None:
        headers = {"Authorization": f"Bearer {ADMIN}", "Content-Type": "application/yaml", "Accept": "application/json"}
        url = f"{cluster.url}/apis/test.auditor.example/v1/things?dryRun=All"
        answer = cluster._pool.request("POST", url, body=text.encode(), headers=headers)
        return own_fields(json.loads(answer.data)) if answer.status == 201 else None

    yield ask
    cluster.ask("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.test.auditor.example")


def own_fields(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in ("apiVersion", "kind", "metadata")}


def alike(ours: Any, theirs: Any) -> bool:
    """Equal, with Go's spelling of numbers: 1.0 is 1, and what is beyond 53 bits is rounded."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(alike(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    if isinstance(ours, (int, float)) and not isinstance(ours, bool) and not isinstance(theirs, bool):
        return isinstance(theirs, (int, float)) and float(ours) == float(theirs)
    return type(ours) is type(theirs) and bool(ours == theirs)


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_values_are_those_of_an_api_server(things: Any, tmp_path: Path) -> None:
    source = random.Random(14)
    letters = "0123456789_.eExXoObByYnN+-"
    made = ["".join(source.choices(letters, k=source.randint(1, 6))) for _ in range(tools.examples(400))]
    for text in [*SCALARS, *(one for one in made if not one.startswith("-") and one != "-")]:
        theirs = things(f"{_HEAD}v: {text}\n")
        if theirs is None:
            continue
        (ours,), gaps = read(tmp_path / "x.yaml", f"{_HEAD}v: {text}\n")
        assert alike(own_fields(ours.body), theirs), (text, ours.body, theirs)
        assert not gaps


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_merges_and_keys_are_those_of_an_api_server(things: Any, tmp_path: Path) -> None:
    for text in DOCUMENTS:
        (ours,), gaps = read(tmp_path / "x.yaml", _HEAD + text)
        assert alike(own_fields(ours.body), things(_HEAD + text)), text
        assert not gaps


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_what_an_api_server_refuses_is_a_gap(things: Any, tmp_path: Path) -> None:
    for text in [f"v: {value}\n" for value in REFUSED] + ["~: x\n"]:
        assert things(_HEAD + text) is None
        resources, gaps = read(tmp_path / "x.yaml", f"{_HEAD}{text}---\n{_HEAD}")
        assert gaps and all("line" in gap for gap in gaps), text
        assert len(resources) == 1 or isinstance(resources[0].body["v"], Unknown)


def test_a_key_that_is_given_twice_is_unknown_and_a_gap(tmp_path: Path) -> None:
    text = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  hostNetwork: true
  hostPID: false
  hostNetwork: false
  hostNetwork: false
"""
    (pod,), gaps = read(tmp_path / "x.yaml", text)
    assert pod.partial
    assert isinstance(pod.body["spec"]["hostNetwork"], Unknown)
    assert pod.body["spec"]["hostPID"] is False
    assert gaps == ["x.yaml: line 7: the key `hostNetwork` is given twice: its value is not known"]


def test_a_key_that_is_merged_may_be_given_once_more(tmp_path: Path) -> None:
    text = f"{_HEAD}base: &b {{x: 1}}\nspec: {{<<: *b, x: 2}}\n"
    (thing,), gaps = read(tmp_path / "x.yaml", text)
    assert thing.body["spec"] == {"x": 2}
    assert not gaps


@pytest.mark.parametrize("spelled", ["y", "Y", "on", "!!bool 'yes'"])
def test_a_boolean_in_any_spelling_of_yaml_fails(command: Command, tmp_path: Path, spelled: str) -> None:
    pod = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: p}}
spec: {{containers: [{{name: c, image: a, securityContext: {{privileged: {spelled}}}}}]}}
"""
    (tmp_path / "pod.yaml").write_text(pod)
    for verb in (("gate",), ("scan", "--from")):
        code, out, _err = command(
            *verb, "pod.yaml", "-f", "json", "--select", "kubernetes.workload.no-privileged-containers"
        )
        found = json.loads(out)
        assert [one["outcome"] for one in found["findings"]] == ["fail"], out
        assert code == 1
