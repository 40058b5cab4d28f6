"""Sound inputs of every kind that the command line reads, made here and damaged."""

from __future__ import annotations

import contextlib
import copy
import gzip
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from auditor.demo.estate_inventory import as_designed, is_kubernetes
from auditor.demo.faults import as_found, planted
from auditor.model import package_data
from auditor.ruleset import loader, rule_schema_model
from tests.damage import TEXTS, Random, as_json, as_yaml, damage_bytes, damage_tree, value_from

SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.9.8",
    "variables": {"name": {"value": "x"}},
    "planned_values": {"root_module": {"resources": [], "child_modules": []}},
    "resource_changes": [
        {
            "address": f"module.m.azurerm_{kind}.x[0]",
            "mode": "managed",
            "type": f"azurerm_{kind}",
            "name": "x",
            "provider_name": "registry.terraform.io/hashicorp/azurerm",
            "change": {
                "actions": actions,
                "before": None,
                "after": {"name": "x", "resource_group_name": "rg", "location": "westeurope", **after},
                "after_unknown": {"id": True, **unknown},
                "before_sensitive": False,
                "after_sensitive": {"password": True},
            },
        }
        for kind, actions, after, unknown in (
            ("key_vault", ["create"], {"purge_protection_enabled": True, "network_acls": [{"bypass": "None"}]}, {}),
            ("storage_account", ["update"], {"min_tls_version": "TLS1_0", "network_rules": []}, {"identity": [{}]}),
            ("mssql_server", ["delete", "create"], {"minimum_tls_version": "1.2", "password": "p"}, {"version": True}),
            ("api_management", ["create"], {"virtual_network_type": "Internal", "protocols": [{}]}, {}),
            (
                "application_gateway",
                ["create"],
                {"ssl_policy": [{}], "backend_http_settings": [{"protocol": "Http"}]},
                {},
            ),
            ("kubernetes_cluster", ["no-op"], {"private_cluster_enabled": True, "network_profile": [{}]}, {}),
            ("network_security_group", ["create"], {"security_rule": [{"access": "Allow", "priority": 100}]}, {}),
            ("subnet", ["delete"], {"address_prefixes": ["10.0.0.0/24"]}, {"delegation": []}),
        )
    ],
    "configuration": {"root_module": {"resources": [{"address": "azurerm_subnet.x", "expressions": {"id": {}}}]}},
}
TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {
        "name": {"type": "string", "defaultValue": "[concat('kv', uniqueString(resourceGroup().id))]"},
        "count": {"type": "int", "defaultValue": 2, "minValue": 1},
        "rules": {"type": "array", "defaultValue": [{"name": "a"}]},
        "secret": {"type": "secureString"},
    },
    "variables": {
        "vault": "[format('{0}-{1}', parameters('name'), 'x')]",
        "copy": [{"name": "list", "count": "[parameters('count')]", "input": {"n": "[copyIndex('list')]"}}],
    },
    "functions": [
        {"namespace": "my", "members": {"f": {"parameters": [], "output": {"type": "string", "value": "x"}}}}
    ],
    "resources": [
        {
            "type": "Microsoft.KeyVault/vaults",
            "apiVersion": "2023-07-01",
            "name": "[variables('vault')]",
            "condition": "[equals(parameters('count'), 2)]",
            "copy": {"name": "loop", "count": "[length(parameters('rules'))]"},
            "properties": {"enablePurgeProtection": "[if(true(), json('true'), null())]", "accessPolicies": []},
            "resources": [
                {"type": "secrets", "apiVersion": "2023-07-01", "name": "[concat(parameters('name'), '/s')]"}
            ],
        },
        {
            "type": "Microsoft.Resources/deployments",
            "apiVersion": "2022-09-01",
            "name": "nested",
            "properties": {
                "mode": "Incremental",
                "expressionEvaluationOptions": {"scope": "inner"},
                "parameters": {"x": {"value": "[reference('y').z]"}},
                "template": {
                    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                    "resources": [
                        {"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "s"}
                    ],
                },
            },
        },
    ],
    "outputs": {"x": {"type": "string", "value": "[variables('list')[0].n]"}},
}
OBJECTS: tuple[dict[str, Any], ...] = (
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}, "annotations": {"a/b": "c"}},
        "spec": {
            "template": {
                "spec": {
                    "serviceAccountName": "web",
                    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                    "containers": [
                        {
                            "name": "web",
                            "image": "registry.example/web@sha256:00",
                            "ports": [{"containerPort": 8443}],
                            "env": [
                                {"name": "PASSWORD", "value": "p"},
                                {"name": "X", "valueFrom": {"secretKeyRef": {}}},
                            ],
                            "securityContext": {"capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True},
                            "resources": {"limits": {"cpu": "100m", "memory": "1Gi"}},
                        }
                    ],
                    "volumes": [{"name": "v", "hostPath": {"path": "/"}}, {"name": "s", "secret": {"secretName": "s"}}],
                }
            }
        },
    },
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "type": "kubernetes.io/tls",
        "data": {"tls.crt": "eA=="},
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "tls": [{"hosts": ["a.example"], "secretName": "s"}],
            "rules": [{"host": "a.example", "http": {"paths": []}}],
        },
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "deny", "namespace": "shop"},
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}],
        },
    },
    {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "shop", "labels": {"pod-security.kubernetes.io/enforce": "baseline"}},
    },
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"hostNetwork": True, "containers": [{"name": "c"}]},
    },
)
RULE: dict[str, Any] = {
    "id": "own.thing.tls",
    "title": "A thing speaks TLS and nothing else",
    "severity": "high",
    "resource": "Microsoft.KeyVault/vaults",
    "each": "properties.things[*]",
    "when": {"not": {"field": "kind", "in": ["a", "b"]}},
    "assert": {
        "allOf": [
            {"field": "name", "matches": "^(a+)+$"},
            {
                "anyOf": [
                    {"field": "tls", "atLeast": "1.2", "order": ["1.0", "1.1", "1.2"]},
                    {"field": "x", "like": "a*"},
                ]
            },
            {"count": {"field": "list[*]", "where": {"field": "port", "less": 1024}}, "equals": 0},
            {"field": "until", "after": {"param": "soon"}},
            {"field": "address", "inCidr": ["10.0.0.0/8"]},
            {"field": "version", "versionAtLeast": "1.2.3"},
        ]
    },
    "parameters": {"soon": {"default": "P30D", "description": "How long it must still be good."}},
    "rationale": "Without it, whoever listens on the network reads everything.",
    "remediation": {"text": "Turn it on."},
    "sources": ["live"],
    "controls": {"mcsb": ["DP-3"]},
    "references": ["https://learn.microsoft.com/"],
    "tests": [
        {"name": "good", "given": {"properties": {"things": []}}, "expect": "not-applicable"},
        {"name": "bad", "given": {"properties": {"things": [{"name": "b"}]}}, "expect": "fail"},
        {"name": "absent", "given": {"properties": {"things": [{}]}}, "expect": "fail", "with": [{"type": "A/b"}]},
        {"name": "fine", "given": {"properties": {"things": [{"name": "aa"}]}}, "expect": {"aa": "pass"}},
    ],
}
CONDITIONS: tuple[Any, ...] = (
    {"field": "name", "matches": "(a+)+$"},
    {"field": "name", "matches": "("},
    {"field": "name", "matches": "a{1000}{1000}"},
    {"field": "x[*].y", "in": {"param": "soon"}},
    {"value": {"field": "a"}, "exists": True},
    {"related": {"type": "A/b", "match": {"theirs": "id", "ours": "id"}}, "count": {}},
    {"count": {"field": "x[*]"}, "greater": "1"},
    {"allOf": []},
    {"not": None},
    {"field": "['a'", "equals": 1},
    {"field": "$.", "equals": 1},
    {"field": "a..b", "equals": 1},
    {"field": "a", "equals": {"param": "nothing"}},
    {"field": "a", "before": "soon"},
)
CONFIG: dict[str, Any] = {
    "from": ["in.json"],
    "select": ["severity=high"],
    "exclude": ["azure.sql.*"],
    "failOn": "high",
    "asOf": "2026-07-09T00:00:00Z",
    "outcomes": ["fail", "pass"],
    "jobs": 1,
    "quiet": True,
    "reports": [{"format": "json", "output": "o.json"}, {"format": "html", "output": "o.html"}],
    "parameters": {"certificates.app-service-not-expiring-soon": {"remaining": "P60D"}},
}


class World:
    """What inputs are made of: the bodies of the demo, a snapshot, an audit, and a rule book that stands still."""

    def __init__(self, folder: Path) -> None:
        self.rules = folder / "rules"
        shutil.copytree(package_data.rules_folder(), self.rules)
        self.few = folder / "few"
        (self.few / "azure").mkdir(parents=True)
        shutil.copytree(self.rules / "frameworks", self.few / "frameworks")
        shutil.copytree(self.rules / "azure" / "key-vault", self.few / "azure" / "key-vault")
        self.bodies = [*OBJECTS, *as_found(as_designed(), planted())]
        self.cluster = [body for body in self.bodies if is_kubernetes(body)]
        self.azure = [body for body in self.bodies if not is_kubernetes(body)]
        self.snapshot, self.audit = folder / "snapshot", folder / "audit.json"

    def some(self, rng: Random, bodies: list[Any], most: int = 5) -> list[Any]:
        return rng.sample(bodies, rng.randint(1, min(most, len(bodies))))


@contextlib.contextmanager
def use_rules(folder: Path) -> Iterator[None]:
    """The bundled rules are those of a folder, for a while."""
    modules: tuple[Any, ...] = (loader, rule_schema_model)
    before = [module.rules_folder for module in modules]
    for module in modules:
        module.rules_folder = lambda: folder
    rule_schema_model.frameworks.cache_clear()
    try:
        yield
    finally:
        for module, function in zip(modules, before, strict=True):
            module.rules_folder = function


NAMES = (
    "in.json",
    "in.json",
    "in.ndjson",
    "in.yaml",
    "in.jsonl",
    "in",
    "<img src=x onerror=1>.json",
    "=1+1.json",
    "a\nb.json",
)
NAMES += ("b\udcff.json", "\u202e.json", "in.json.gz", "ü.yml", "-x.json")


def put(folder: Path, name: str, text: bytes, rng: Random) -> str:
    packed = gzip.compress(text) if name.endswith(".gz") or rng.random() < 0.05 else text
    if packed is not text and rng.random() < 0.3:
        packed = damage_bytes(packed, text, rng)
    (folder / name).write_bytes(packed)
    return f"./{name}"


def scan_json(world: World, rng: Random, folder: Path) -> list[str]:
    some = world.some(rng, world.bodies)
    shaped = rng.choice(
        (some, some, {"value": some}, {"data": some}, {"count": 1, "data": table(some)}, some[0], table(some))
    )
    shaped = rng.choice((shaped, shaped, {"response": {"status": 200, "body": shaped}}, {"pages": [shaped, shaped]}))
    text = damage_bytes(as_json(damage_tree(shaped, rng), rng), as_json(world.some(rng, world.bodies), rng), rng)
    return ["scan", "--from", put(folder, rng.choice(NAMES), text, rng)]


def table(bodies: list[Any]) -> Any:
    keys = sorted({key for body in bodies for key in body})
    return {
        "columns": [{"name": key, "type": "string"} for key in keys],
        "rows": [[b.get(k) for k in keys] for b in bodies],
    }


def scan_lines(world: World, rng: Random, folder: Path) -> list[str]:
    lines = [json.dumps(body).encode() for body in world.some(rng, world.bodies, 20)]
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(lines))
        lines[at] = damage_bytes(
            as_json(damage_tree(rng.choice(world.bodies), rng), rng).replace(b"\n", b" "), lines[at], rng
        )
    return [
        "scan",
        "--from",
        put(folder, rng.choice(("in.ndjson", "in.jsonl", "in", "in.ndjson.gz")), b"\n".join(lines), rng),
    ]


def scan_kubernetes(world: World, rng: Random, folder: Path) -> list[str]:
    some = damage_tree(world.some(rng, world.cluster), rng)
    if rng.random() < 0.3:
        text = as_json({"apiVersion": "v1", "kind": rng.choice(("List", "PodList", "List")), "items": some}, rng)
    else:
        text = as_yaml(some if isinstance(some, list) else [some], rng)
    return ["scan", "--from", put(folder, rng.choice(NAMES), damage_bytes(text, b"a: *a\n", rng), rng)]


def scan_folder(world: World, rng: Random, folder: Path) -> list[str]:
    inside = folder / "in"
    inside.mkdir()
    for number in range(rng.randint(0, 4)):
        make = rng.choice((scan_json, scan_lines, scan_kubernetes))
        make(world, rng, inside)
        if rng.random() < 0.2:
            (inside / f"{number}").mkdir()
    if rng.random() < 0.1:
        (inside / "loop").symlink_to(inside)
    if rng.random() < 0.1:
        (inside / "gone.json").symlink_to("nowhere")
    return ["scan", "--from", "in", *(["--from", "in"] if rng.random() < 0.2 else [])]


def scan_snapshot(world: World, rng: Random, folder: Path) -> list[str]:
    copied = folder / "snap"
    shutil.copytree(world.snapshot, copied)
    manifest, shard = copied / "manifest.json", next(copied.glob("resources-*"))
    if rng.random() < 0.6:
        lines = gzip.decompress(shard.read_bytes()).splitlines(keepends=True)
        at = rng.randrange(len(lines))
        lines[at] = as_json(damage_tree(json.loads(lines[at]), rng), rng).replace(b"\n", b" ") + b"\n"
        text = damage_bytes(b"".join(lines), lines[0], rng) if rng.random() < 0.3 else b"".join(lines)
        shard.write_bytes(damage_bytes(gzip.compress(text), text, rng) if rng.random() < 0.2 else gzip.compress(text))
    told = json.loads(manifest.read_bytes())
    if rng.random() < 0.8:
        told["shards"][0]["sha256"] = hashlib.sha256(shard.read_bytes()).hexdigest()
    if rng.random() < 0.5:
        told = damage_tree(told, rng, 2)
    text = as_json(told, rng)
    manifest.write_bytes(damage_bytes(text, text, rng) if rng.random() < 0.3 else text)
    return ["scan", "--from", "snap"]


def damaged_rule(rng: Random) -> bytes:
    rule = copy.deepcopy(RULE)
    if rng.random() < 0.3:
        del rule["each"]
    if rng.random() < 0.4:
        rule["assert"] = rng.choice(CONDITIONS)
    part = rng.choice(("assert", "when", "tests", "parameters", None))
    if part:
        rule[part] = damage_tree(rule[part], rng, rng.choice((0, 1, 1, 2)))
    else:
        rule = damage_tree(rule, rng, 2)
    return damage_bytes(as_yaml([rule], rng), b"a: &a [*a]\n", rng) if rng.random() < 0.2 else as_yaml([rule], rng)


def own_rules(world: World, rng: Random, folder: Path) -> list[str]:
    file = folder / "mine" / "own" / "thing" / "tls.yaml"
    file.parent.mkdir(parents=True)
    file.write_bytes(damaged_rule(rng))
    if rng.random() < 0.5:
        return ["rules", "test", "own.*", "--rules", "mine", rng.choice(("--mutation", "--no-mutation"))]
    if rng.random() < 0.2:
        return ["rules", rng.choice(("list", "show")), "own.thing.tls", "--rules", "mine"]
    things = [
        {"name": rng.choice(("a" * 5000 + "b", "aa", 1, None)), "tls": "1.2", "list": [{"port": 1}]},
        value_from(rng),
    ]
    vault = {"type": "Microsoft.KeyVault/vaults", "name": "kv", "id": f"{SCOPE}/kv", "properties": {"things": things}}
    put(folder, "in.json", as_json([damage_tree(vault, rng, 2)], rng), rng)
    return ["scan", "--from", "in.json", "--rules", "mine", "--select", "own.*"]


def with_config(world: World, rng: Random, folder: Path) -> list[str]:
    (folder / "in.json").write_bytes(as_json(world.some(rng, world.bodies), rng))
    config = damage_tree(CONFIG, rng)
    (folder / "auditor.yaml").write_bytes(damage_bytes(as_yaml([config], rng), b"select: [*a]\n", rng))
    return ["scan"]


def damaged_audit(world: World, rng: Random) -> bytes:
    text = world.audit.read_bytes()
    if rng.random() < 0.5:
        lines = text.splitlines(keepends=True)
        at = rng.randrange(len(lines))
        try:
            value = json.loads(lines[at].rstrip(b",\n"))
            lines[at] = as_json(damage_tree(value, rng), rng).replace(b"\n", b" ") + rng.choice((b",\n", b"\n"))
        except ValueError:
            lines[at] = damage_bytes(lines[at], text[:100], rng)
        text = b"".join(lines)
    else:
        document = json.loads(text)
        for part in ("rules", "findings", "gaps"):
            document[part] = document[part][:3] if rng.random() < 0.7 else document[part]
        counts = Counter(finding["outcome"] for finding in document["findings"])
        document["listed"] = {name: counts[name] for name in document["listed"]}
        document["rules"] = [
            r for r in json.loads(text)["rules"] if r["id"] in {f["ruleId"] for f in document["findings"]}
        ]
        text = as_json(damage_tree(document, rng), rng)
    return damage_bytes(text, text[:500], rng) if rng.random() < 0.3 else text


def saved_audit(world: World, rng: Random, folder: Path) -> list[str]:
    (folder / "audit.json").write_bytes(damaged_audit(world, rng))
    return ["report", "audit.json"]


def two_audits(world: World, rng: Random, folder: Path) -> list[str]:
    for name in ("old.json", "new.json"):
        (folder / name).write_bytes(damaged_audit(world, rng) if rng.random() < 0.7 else world.audit.read_bytes())
    form = rng.choice(("text", "json", "markdown"))
    return ["diff", "old.json", "new.json", "-f", form, "-o", f"out.{form}"]


def gate_plan(world: World, rng: Random, folder: Path) -> list[str]:
    return ["gate", put(folder, "plan.json", damage_bytes(as_json(damage_tree(PLAN, rng), rng), b"{}", rng), rng)]


def gate_what_if(world: World, rng: Random, folder: Path) -> list[str]:
    changes: list[Any] = []
    for body in world.some(rng, world.azure):
        kind = rng.choice(("Create", "Modify", "Delete", "NoChange", "Ignore", "Deploy", "Unsupported"))
        after = damage_tree(body, rng, 1)
        delta = [
            {"path": "properties.x", "propertyChangeType": "Modify", "before": 1, "after": 2},
            {
                "path": "properties.y",
                "propertyChangeType": "Array",
                "children": [{"path": "0", "propertyChangeType": "Create"}],
            },
        ]
        changes.append(
            {"resourceId": body.get("id"), "changeType": kind, "before": body, "after": after, "delta": delta}
        )
    answer: Any = {"status": "Succeeded", "changes": changes, "potentialChanges": [], "diagnostics": []}
    answer = rng.choice((answer, {"status": "Succeeded", "properties": answer}))
    return ["gate", put(folder, "what-if.json", damage_bytes(as_json(damage_tree(answer, rng), rng), b"{}", rng), rng)]


def gate_template(world: World, rng: Random, folder: Path) -> list[str]:
    template = copy.deepcopy(TEMPLATE)
    for body in world.some(rng, world.azure, 3) if rng.random() < 0.5 else ():
        template["resources"].append({**body, "apiVersion": "2024-01-01"})  # type: ignore[attr-defined]
    args = ["gate", put(folder, "t.json", damage_bytes(as_json(damage_tree(template, rng), rng), b"{}", rng), rng)]
    if rng.random() < 0.3:
        given = {"parameters": {"name": {"value": "x"}, "count": {"value": 3}, "rules": {"value": []}}}
        args += ["--parameters", put(folder, "p.json", as_json(damage_tree(given, rng), rng), rng)]
    return args


def gate_manifests(world: World, rng: Random, folder: Path) -> list[str]:
    return ["gate", *scan_kubernetes(world, rng, folder)[2:]]


Kind = Callable[[World, Random, Path], list[str]]
KINDS: dict[str, tuple[Kind, int]] = {
    "json": (scan_json, 5),
    "lines": (scan_lines, 3),
    "kubernetes": (scan_kubernetes, 4),
    "folder": (scan_folder, 2),
    "snapshot": (scan_snapshot, 2),
    "rules": (own_rules, 4),
    "config": (with_config, 2),
    "report": (saved_audit, 3),
    "diff": (two_audits, 2),
    "plan": (gate_plan, 2),
    "what-if": (gate_what_if, 2),
    "template": (gate_template, 2),
    "manifests": (gate_manifests, 1),
}


FORMS = ("text", "json", "sarif", "html", "junit", "csv", "xlsx", "markdown", "ocsf", "gitlab", "github", "line")
"""All but PDF, which a browser prints from the page."""


def options(world: World, kind: str, rng: Random, folder: Path, args: list[str]) -> list[str]:
    """Formats in turn, and now and then something that nobody should write."""
    forms = [rng.choice(FORMS)] if rng.random() < 0.8 else list(FORMS)
    if kind == "config" and rng.random() < 0.7:
        given = []
    elif rng.random() < 0.2:
        given = ["-f", forms[0]]
    else:
        given = [word for form in forms for word in ("-f", form, "-o", f"out.{form}")]
    odd = rng.choice([text for text in TEXTS if not set(text) & set("\0\ud800/")])
    extra: list[list[str]] = [
        ["--outcomes", "pass,fail,unknown,error,exempt"],
        ["--fail-on", "critical"],
        ["--outcomes", odd],
    ]
    if kind != "report":
        given.append("-vv")
        extra += [["--select", "severity=medium"], ["--select", odd], ["--as-of", odd], ["--as-of", "2030-01-01"]]
        extra += [["--jobs", "2"], ["--config", odd], ["--rules", odd]]
    if kind in ("json", "lines", "kubernetes", "folder", "snapshot"):
        extra += [["--save-snapshot", "saved"], ["--save-snapshot", "saved"], ["--from", odd]]
    if args[0] == "gate":
        extra += [["--against", str(world.snapshot)], ["--against", str(world.audit.with_name("estate.json"))]] * 2
        extra += [["--against", odd]]
    if rng.random() < 0.1:
        (folder / "earlier.json").write_bytes(
            damaged_audit(world, rng) if rng.random() < 0.5 else world.audit.read_bytes()
        )
        given += ["--baseline", "earlier.json"]
    return given + (rng.choice(extra) if rng.random() < 0.2 else [])
