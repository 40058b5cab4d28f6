"""The demo estate with one change each, and what the rules on paths say of it then."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from auditor.demo.estate_inventory import AS_OF, Body, as_designed, resource_of
from auditor.demo.faults import Edit, Fault, as_found
from auditor.evaluate.bound_rule import Bound, bind
from auditor.ingest.inventory import Inventory
from auditor.lenses.coverage import Coverage
from auditor.lenses.registry import lens_of
from auditor.model.finding import Outcome
from auditor.model.resource import Resource
from auditor.pipeline.audit import audit
from auditor.ruleset.loader import load_rules
from tests.pki import b64, make, pem

VARIANTS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "path_variants.yaml").read_text())
LENS = lens_of("auditor/trafficPath")
GATEWAY = "applicationGateways/agw-apiplatform-prod-weu"
SERVICE = "service/apim-apiplatform-prod-weu"
Verdict = tuple[str, str, str]
"""Rule without its component, path, outcome."""


@lru_cache(maxsize=1)
def designed() -> list[Body]:
    return as_designed()


@lru_cache(maxsize=1)
def rules() -> list[Bound]:
    return [bind(rule, AS_OF) for rule in load_rules() if "auditor/trafficPath" in rule.resource]


def paths_of(estate: Inventory) -> list[Resource]:
    """What the lens derives."""
    return list(LENS.derive(estate.resources(LENS.reads), Coverage(estate.covers, estate.gaps)))


def verdicts(estate: Inventory) -> set[Verdict]:
    """What did not pass."""
    _, findings = audit(
        rules(), estate, clock=AS_OF, outcomes=frozenset({Outcome.FAIL, Outcome.UNKNOWN, Outcome.ERROR})
    )
    with findings:
        return {
            (found.rule_id.removeprefix("paths."), short(found.resource.name), found.outcome.value)
            for found in findings
        }


def short(name: str) -> str:
    """`api.contoso.com/orders/* → …` → `api/orders`; what else tells paths apart stays."""
    told = name.partition(" → ")[0].replace(".contoso.com", "")
    return re.sub(r"/\*(?=$| \()", "", told)


# --- changes ------------------------------------------------------------------------------------------------------


def varied(variant: Mapping[str, Any]) -> list[Body]:
    """The demo estate with the change of a variant."""
    named = [*variant.get("resources", ()), *([variant["resource"]] if "resource" in variant else [])]
    edits: list[dict[str, Any]] = []
    if "add" in variant:
        edits.append({"add": variant["add"]})
    for name in named:
        if variant.get("remove"):
            edits.append({"resource": name, "remove": True})
        elif "change" in variant:
            edits.append({"resource": name, "change": variant["change"]})
    edits += ({"resource": name, "change": change} for name, change in variant.get("also_change", {}).items())
    for key, make_edits in (("text", _text), ("cut", _cut)):
        if key in variant:
            edits.append({"resource": variant["resource"], "change": make_edits(variant)})
    if "root" in variant:
        edits.append({"resource": variant["resource"], "change": _other_root()})
    if "authority" in variant:
        edits.append({"resource": variant["resource"], "change": {"data": {"ca.crt": _other_authority()}}})
    if "certificate" in variant:
        edits += _certificate(**variant["certificate"])
    first, *others = [Edit(**edit) for edit in edits]
    fault = Fault(
        id="v", says="", findings=(), resource=first.resource, change=first.change, add=first.add,
        remove=first.remove, also=tuple(others),
    )  # fmt: skip
    return as_found(designed(), [fault])


def one(name: str) -> Body:
    """The resource of the demo whose id ends so."""
    (found,) = [body for body in designed() if resource_of(body).id.casefold().endswith("/" + name.casefold())]
    return found


def _text(variant: Mapping[str, Any]) -> dict[str, Any]:
    before, after = variant["text"]
    value = one(variant["resource"])["properties"]["value"]
    assert before in value, variant["name"]
    return {"properties": {"value": value.replace(before, after)}}


def _cut(variant: Mapping[str, Any]) -> dict[str, Any]:
    value = one(variant["resource"])["properties"]["value"]
    for element in variant["cut"]:
        value, times = re.subn(rf"<{element}\b.*?</{element}>", "", value, flags=re.DOTALL)
        assert times == 1, variant["name"]
    return {"properties": {"value": value}}


def _other_authority() -> str:
    """The authority of the partners, whose certificates API Management does not have."""
    return str(one(GATEWAY)["properties"]["trustedClientCertificates"][0]["properties"]["data"])


def _other_root() -> dict[str, Any]:
    other = {"name": "contoso-private-root", "properties": {"data": _other_authority()}}
    return {"properties": {"trustedRootCertificates": [other]}}


def _certificate(host: str, names: Sequence[str], days: int = 300, between: int | None = None) -> list[dict[str, Any]]:
    """API Management serves another certificate for a host, from a vault entry, of a root that the gateway trusts too.

    `days` are left of the certificate, `between` of the authority between it and the root, when there is one.
    """
    begin = AS_OF - dt.timedelta(days=400)
    root = make("Variant Root", ca=True, begin=begin, end=AS_OF + dt.timedelta(days=4000))
    authorities, issuer = [root], root
    if between is not None:
        end = AS_OF + dt.timedelta(days=between)
        issuer = make("Variant Issuing", root, ca=True, number=1, begin=begin, end=end)
        authorities.append(issuer)
    leaf = make(names[0], issuer, sans=names, number=2, begin=begin, end=AS_OF + dt.timedelta(days=days))
    gateway, service = one(GATEWAY)["id"], one(SERVICE)["id"]
    own, old = (f"{gateway}/trustedRootCertificates/{name}" for name in ("variant", "contoso-private-root"))
    entry = {
        "id": f"{service.partition('/providers/')[0]}/providers/Microsoft.KeyVault/vaults/kv/certificates/variant",
        "name": "variant",
        "type": "Microsoft.KeyVault/vaults/certificates",
        "properties": {"cer": b64(leaf.der)},
    }
    bundle = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "variant", "namespace": "orders"},
        "data": {"ca.crt": pem(*authorities)},
    }
    served = {
        "hostName": host,
        "keyVaultId": "https://kv.vault.azure.net/secrets/variant",
        "certificate": {"thumbprint": leaf.thumbprint, "expiry": leaf.certificate.not_valid_after_utc.isoformat()},
    }
    trusting = {
        "trustedRootCertificates": [{"name": "variant", "id": own, "properties": {"data": b64(root.der)}}],
        "backendHttpSettingsCollection": [
            {"name": name, "properties": {"trustedRootCertificates": [{"id": old}, {"id": own}]}}
            for name in ("apim-gateway", "apim-partners", "apim-developer")
        ],
    }
    return [
        {"resource": SERVICE, "change": {"properties": {"hostnameConfigurations": [served]}}},
        {"resource": GATEWAY, "change": {"properties": trusting}},
        {"add": entry},
        {"add": bundle},
    ]
