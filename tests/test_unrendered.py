"""Kustomizations and Helm charts that are not rendered are gaps, and what they render to is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.test_archives import GOOD, PACKERS, POD, failing

KUSTOMIZE = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
BARE = "resources: [pod.yaml]\npatches: [{path: patch.yaml}]\n"
KUSTOMIZATIONS = {
    "kustomization.yaml": KUSTOMIZE + BARE,
    "kustomization.yml": KUSTOMIZE + "resources: [pod.yaml]\n",
    "Kustomization": KUSTOMIZE + BARE,
    "base.yaml": KUSTOMIZE + BARE,
    "other.yaml": KUSTOMIZE.replace("Kustomization", "Component").replace("beta", "alpha") + BARE,
    "spelled.yaml": KUSTOMIZE.replace("kustomize.config", "Kustomize.Config").replace(": K", ": k") + BARE,
    "core.yaml": "apiVersion: v1\nkind: Kustomization\n" + BARE,
    "sub/kustomization.yaml": BARE,
    "sub/Kustomization": "resources:\n- pod.yaml\n",
    "one.json": json.dumps({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}),
    "lines.ndjson": json.dumps({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}) + "\n{}\n",
}


def said(report: dict[str, Any], err: str) -> str:
    return json.dumps(report.get("gaps", [])) + err


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
@pytest.mark.parametrize("where", ["named", "alone", "beside manifests", "in an archive"])
def test_a_kustomization_is_a_gap(audit_of: Any, tmp_path: Path, name: str, where: str) -> None:
    folder = tmp_path / "all"
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text(KUSTOMIZATIONS[name])
    if where == "beside manifests":
        (folder / "good.yaml").write_bytes(GOOD)
    path = f"all/{name}" if where == "named" else "all"
    if where == "in an archive":
        path = "all.tgz"
        (tmp_path / path).write_bytes(PACKERS["in.tgz"]({name: KUSTOMIZATIONS[name].encode(), "good.yaml": GOOD}))
    code, report, err = audit_of(path)
    text = said(report, err)
    assert code == 3 and name in text and "kubectl kustomize" in text, text
    if where != "in an archive":
        assert f"kubectl kustomize {Path('all', name).parent} " in text
    if "patches" in KUSTOMIZATIONS[name]:
        assert "`patches` were not evaluated" in text


def test_a_kustomization_of_flux_is_an_object(audit_of: Any, tmp_path: Path) -> None:
    text = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k}\nspec: {path: ./apps}\n"
    )
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "kustomization.yaml").write_text(f"{text}---\n{GOOD.decode()}")
    code, report, _ = audit_of("all")
    assert (code, report["gaps"]) == (0, [])


CHART = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "values.yaml": "privileged: true\nimage: {name: i}\n",
    "values-prod.yaml": "privileged: true\n",
    "values.schema.json": '{"$schema": "https://json-schema.org/draft-07/schema#", "type": "object"}',
    "ci/test-values.yaml": "privileged: false\n",
    ".helmignore": "*.swp\n",
    "templates/_helpers.tpl": '{{- define "shop.version" -}}\napiVersion: apps/v1\n{{- end -}}\n',
    "templates/NOTES.txt": "Thanks for {{ .Chart.Name }}\n",
    "templates/pod.yaml": POD.decode().replace("true", '"{{ .Values.privileged }}"'),
    "templates/if.yaml": f"{{{{- if .Values.privileged }}}}\n{POD.decode()}{{{{- end }}}}\n",
    "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
    "charts/db/templates/pod.yaml": "{{ .Values.x }}\n",
    "charts/db/values.yaml": "x: y\n",
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize("where", ["named", "below", "beside manifests", "in an archive"])
def test_a_chart_is_one_gap(audit_of: Any, tmp_path: Path, where: str) -> None:
    write(tmp_path / "all" / "shop", CHART)
    path = "all/shop" if where == "named" else "all"
    if where == "beside manifests":
        (tmp_path / "all" / "good.yaml").write_bytes(GOOD)
    if where == "in an archive":
        path = "shop.tgz"
        members = {f"shop/{name}": text.encode() for name, text in reversed(CHART.items())}
        (tmp_path / path).write_bytes(PACKERS["in.tgz"]({**members, "good.yaml": GOOD}))
    code, report, err = audit_of(path)
    text = said(report, err)
    root = "shop.tgz!/shop" if where == "in an archive" else "all/shop"
    rendered = "shop.tgz" if where == "in an archive" else "all/shop"
    assert code == 3 and f"{root}/Chart.yaml" in text and f"helm template {rendered} " in text, text
    if report:
        assert [gap["what"] for gap in report["gaps"]] == [f"{root}/Chart.yaml"]
        assert report["summary"]["elements"]["notEvaluated"]["part of a Helm chart"]["count"] == len(CHART) - 2


@pytest.mark.parametrize(
    "name", ["Chart.yaml", "values.yaml", "templates/pod.yaml", "templates/if.yaml", "charts/db/templates/pod.yaml"]
)
def test_a_file_of_a_chart_named_by_itself_is_a_gap(audit_of: Any, tmp_path: Path, name: str) -> None:
    write(tmp_path / "shop", CHART)
    code, report, err = audit_of(f"shop/{name}")
    text = said(report, err)
    assert code == 3 and f"shop/{name}" in text and "helm template" in text, text


def test_manifests_of_a_chart_that_helm_does_not_change_are_evaluated(audit_of: Any, tmp_path: Path) -> None:
    write(
        tmp_path / "shop",
        {**CHART, "crds/pod.yaml": POD.decode(), "templates/plain.yaml": POD.decode().replace("name: p,", "name: q,")},
    )
    code, report, _ = audit_of("shop")
    assert code == 3 and failing(report) == ["shop/crds/pod.yaml", "shop/templates/plain.yaml"]


def test_a_template_out_of_its_chart_has_unknown_values(audit_of: Any, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(CHART["templates/pod.yaml"])
    code, report, err = audit_of("pod.yaml")
    assert code == 3 and "Helm fills it in" in said(report, err)


RENDERED = f"""---
# Source: shop/templates/pod.yaml
{GOOD.decode()}
---
# Source: shop/templates/notes.yaml
apiVersion: v1
kind: ConfigMap
metadata: {{name: alerts, namespace: shop, labels: {{app.kubernetes.io/managed-by: Helm, helm.sh/chart: shop-1.0.0}}}}
data:
  alert.tmpl: '{{{{ template "slack.title" . }}}} {{{{ $labels.pod }}}} {{{{ .Values }}}}'
  notes: |
    Set {{{{ .Values.x }}}} in values.yaml
"""


@pytest.mark.parametrize("name", ["rendered.yaml", "out/shop/templates/pod.yaml", "kustomize.yaml"])
def test_what_was_rendered_is_no_gap(audit_of: Any, tmp_path: Path, name: str) -> None:
    write(tmp_path / "all", {name: RENDERED.replace(" {{ .Values }}", "")})
    for path in (f"all/{name}", "all"):
        code, report, _ = audit_of(path)
        assert (code, report["gaps"]) == (0, [])
