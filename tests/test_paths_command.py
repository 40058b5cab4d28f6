"""`auditor paths`: the whole command on small estates."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.contoso.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: direct, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 443, targetPort: 8443}]}
status: {loadBalancer: {ingress: [{ip: 20.1.2.3}]}}
"""


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "auditor", "paths", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cluster.yaml").write_text(INGRESS)
    return tmp_path


def test_every_hop_is_drawn_in_words_without_colours_for_a_pipe(folder: Path) -> None:
    done = run(folder, "--from", "cluster.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "2 traffic paths of 2 host names\n"
        "\n"
        "http://shop.contoso.com/* → shop/web\n"
        "  weakest hop: plain text\n"
        "  Internet\n"
        "   │  plain text · the entrance speaks plain text to clients · asks for shop.contoso.com\n"
        "   ▼  shop/shop:80 (way into the cluster)\n"
        "   │  plain text · nginx speaks HTTP to pods · Service shop/web\n"
        "   ▼  shop/web:8080 (pods)\n"
        "  perhaps a way around: whether the Kubernetes API of the cluster stands open is not known\n"
        "  perhaps a way around: no NetworkPolicy limits who reaches shop/web\n"
        "\n"
        "20.1.2.3:443 → shop/web\n"
        "  weakest hop: not known\n"
        "  Internet\n"
        "   │  not known · what the pods speak is not visible\n"
        "   ▼  shop/direct:443 (load balancer)\n"
        "   │  passed through · the load balancer passes connections on · Service shop/direct\n"
        "   ▼  shop/web:8443 (pods)\n"
        "  perhaps a way around: no NetworkPolicy limits who reaches shop/web\n"
        "  perhaps a way around: whether the Kubernetes API of the cluster stands open is not known\n"
    )


def test_one_host_as_json_into_a_file(folder: Path) -> None:
    done = run(folder, "--from", "cluster.yaml", "--host", "shop.*", "-f", "json", "-o", "paths.json")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    (path,) = json.loads((folder / "paths.json").read_text())["paths"]
    assert (path["host"], path["route"], path["complete"]) == ("shop.contoso.com", "/*", True)
    assert [hop["protection"] for hop in path["hops"]] == ["plaintext", "plaintext"]
    assert path["public"] == {"unknown": "the entrance shows no address"}


def test_what_cannot_be_read_is_told(folder: Path) -> None:
    (folder / "broken.json").write_text("{")
    done = run(folder, "--from", ".")
    assert done.returncode == 0 and "Could not be read:" in done.stdout and "broken.json" in done.stdout


def test_without_an_input_it_says_what_to_do(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 2 and "--from" in done.stderr


TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "parameters": {"protocol": {"type": "string"}},
    "resources": [
        {
            "type": "Microsoft.Network/applicationGateways",
            "apiVersion": "2023-09-01",
            "name": "agw",
            "properties": {
                "frontendIPConfigurations": [{"name": "public", "properties": {"publicIPAddress": {"id": "/pip"}}}],
                "httpListeners": [
                    {
                        "name": "site",
                        "properties": {
                            "protocol": "[parameters('protocol')]",
                            "hostName": "www.contoso.com",
                            "frontendIPConfiguration": {
                                "id": "[resourceId('Microsoft.Network/applicationGateways/x', 'agw', 'public')]"
                            },
                        },
                    }
                ],
            },
        }
    ],
}


def test_a_template_stands_for_what_it_would_make(folder: Path) -> None:
    (folder / "main.json").write_text(json.dumps(TEMPLATE))
    (folder / "given.json").write_text(json.dumps({"parameters": {"protocol": {"value": "Http"}}}))
    alone = run(folder, "--from", "main.json")
    assert alone.returncode == 0, alone.stderr
    assert "www.contoso.com/* → rule of listener site" in alone.stdout
    assert "not known · parameter protocol is not given" in alone.stdout
    given = run(folder, "--from", "main.json", "--parameters", "given.json")
    assert "plain text · the listener speaks HTTP" in given.stdout
    (folder / "given.json").unlink()
    together = run(folder, "--from", ".")
    assert together.stdout.startswith("3 traffic paths of 3 host names")


def test_the_certificates_of_a_template_are_listed(folder: Path) -> None:
    (folder / "main.json").write_text(json.dumps(TEMPLATE))
    command = [sys.executable, "-m", "auditor", "certificates", "--from", "main.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:14]) == (0, "0 certificates"), done.stderr


@pytest.mark.parametrize(
    "text", ["{", '{"$schema": "deploymentTemplate.json"', '{"resource_changes": 5}', "[]", "\x1f\x8b"]
)
def test_a_broken_template_is_said_to_be_broken(folder: Path, text: str) -> None:
    (folder / "broken.json").write_text(text)
    done = run(folder, "--from", "broken.json")
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 3)
    beside = run(folder, "--from", ".")
    assert beside.returncode == 0, beside.stderr
    assert beside.stdout.startswith("2 traffic paths of 2 host names")
