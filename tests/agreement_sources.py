"""The demo estate as live answers, as a Terraform plan and as an ARM template: do rules say the same?

    python -m tests.agreement_sources [--write]

Judges the estate as designed and as found, by every rule that can be decided in all three, and prints how many of the
answers agree, with each that does not. `--write` puts the table into docs/agreement-of-sources.md.

What it proves: reading, ids, references and what each source keeps apart lead to the same answers. The Terraform files
are made by reading the mapping tables backwards (`terraform/estate_hcl.py` says what that does not prove), the template
by writing down the bodies.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from auditor.collect.azure.tenant import TENANT
from auditor.demo.estate_inventory import AS_OF, as_designed, inventory, is_kubernetes
from auditor.demo.faults import as_found, planted
from auditor.evaluate.bound_rule import Bound, bind
from auditor.ingest.inventory import Inventory
from auditor.pipeline.audit import audit
from auditor.pipeline.change_overlay import after_change
from auditor.plans.arm.template import read_arm_template
from auditor.plans.terraform.plan import read_terraform_plan
from auditor.ruleset.loader import load_rules
from tests.terraform.estate_hcl import Estate
from tests.terraform.run import planned

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "agreement-of-sources.md"
Key = tuple[str, str, str]
"""Rule, casefolded id of the resource, element."""
Body = dict[str, Any]


class Row(NamedTuple):
    """One answer that the three do not share; `-` where a source has no such resource or element."""

    estate: str
    key: Key
    live: str
    plan: str
    template: str


class Agreement(NamedTuple):
    """How many answers were compared, and those that differ."""

    rules: int
    answers: int
    rows: list[Row]

    @property
    def share(self) -> float:
        return 1 - len(self.rows) / self.answers


def compare(terraform: str) -> Agreement:
    """Judge both estates from all three sources."""
    rules = [bind(rule, AS_OF) for rule in load_rules() if {"live", "plan", "template"} <= set(rule.sources)]
    looked_for = {kind for rule in rules for kind in rule.related}
    answers, rows = 0, []
    for estate, faults in (("designed", []), ("found", planted())):
        bodies = [
            body
            for body in as_found(as_designed(), faults)
            if not is_kubernetes(body) and body["type"] != TENANT  # no resource of any plan or template
        ]
        subscription = next(body["id"].split("/")[2] for body in bodies)
        live = _answers(rules, inventory(bodies, looked_for))
        plan = _answers(rules, _plan(terraform, bodies, subscription))
        template = _answers(rules, _template(bodies, subscription))
        for key in sorted({*live, *plan, *template}):
            said = tuple(source.get(key, "-") for source in (live, plan, template))
            answers += 1
            if len(set(said)) > 1:
                rows.append(Row(estate, key, *said))
    return Agreement(len(rules), answers, rows)


def _answers(rules: list[Bound], inventory: Inventory) -> dict[Key, str]:
    _audit, findings = audit(rules, inventory, clock=AS_OF)
    with findings:
        return {
            (one.rule_id, _one_name(one.resource.id.casefold()), one.element or ""): one.outcome.value
            for one in findings
        }


def _one_name(resource_id: str) -> str:
    """Azure shows the auditing of a server under two names; azurerm makes it by the other one."""
    return resource_id.replace("/extendedauditingsettings/", "/auditingsettings/")


def _plan(terraform: str, bodies: list[Body], subscription: str) -> Inventory:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        source.mkdir()
        (source / "main.tf").write_text(Estate(bodies).text(subscription))
        raw = json.loads(planned(terraform, source, Path(folder, "work")).read_bytes())
    return after_change(["tfplan.json"], [read_terraform_plan(raw, "tfplan.json")])


def template_of(bodies: Iterable[Body]) -> dict[str, Any]:
    """The bodies as the resources of one template."""
    resources = []
    for body in bodies:
        scope, _slash, tail = re.sub("/providers/", "\0", body["id"], flags=re.IGNORECASE).rpartition("\0")
        name = "/".join(tail.split("/")[2::2])
        if not scope:
            continue  # a subscription or a resource group: what the template is deployed to
        rest = {key: value for key, value in body.items() if key not in ("id", "name", "type", "systemData")}
        own = {"type": body["type"], "name": name, "scope": scope.replace("\0", "/providers/")}
        resources.append({"apiVersion": "2024-01-01", **rest, **own})
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "contentVersion": "1.0.0.0", "resources": _escaped(resources)}


def _escaped(value: Any) -> Any:
    """Texts that begin as an expression does."""
    if isinstance(value, dict):
        return {key: _escaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    return f"[{value}" if isinstance(value, str) and value.startswith("[") and value.endswith("]") else value


def _template(bodies: list[Body], subscription: str) -> Inventory:
    changes = read_arm_template(template_of(bodies), "main.json", subscription_id=subscription)
    return after_change(["main.json"], [changes])


def page(found: Agreement) -> str:
    """The document."""
    by_rule: dict[str, list[Row]] = defaultdict(list)
    for row in found.rows:
        by_rule[row.key[0]].append(row)
    lines = [
        "# Agreement of sources",
        "",
        "This page compares the results of three sources: the demo estate as live answers, as a plan that Terraform",
        "makes of it, and as an ARM template. It is evaluated as designed (`designed`) and with its planted faults",
        "(`found`), by every rule that applies to all three. At least 99 of 100 results are the same. The table lists",
        "the others; `-` means that the source has no such resource.",
        "",
        "`python -m tests.agreement_sources --write` generates this page. The Terraform files are generated from the",
        "mapping tables of the gate. Terraform checks their names against the attributes of azurerm 5, but not what",
        "an attribute means.",
        "",
        "| rule | estate | resource | live | plan | template | reason |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rule, rows in sorted(by_rule.items()):
        for row in rows:
            name = re.split(r"/providers/", row.key[1])[-1] + (f" · {row.key[2]}" if row.key[2] else "")
            said = f"{row.live} | {row.plan} | {row.template} | {WHY.get(rule, '?')}"
            lines.append(f"| {rule} | {row.estate} | {name} | {said} |")
    return "\n".join(lines) + "\n"


_FIRST_POOL: Final = "azurerm declares the first pool inside its cluster, where other rules evaluate it"
WHY: Final = {
    "azure.container-registry.scope-map-no-wildcard": "the registry creates this map itself, so it is not in a plan",
    "azure.kubernetes-service.agent-pool-availability-zones": _FIRST_POOL,
    "azure.kubernetes-service.agent-pool-encryption-at-host": _FIRST_POOL,
    "azure.kubernetes-service.agent-pool-pods-per-node": _FIRST_POOL,
    "azure.kubernetes-service.agent-pool-public-ip-disabled": _FIRST_POOL,
}
"""Why a rule does not say the same, where it cannot."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--terraform", default=str(ROOT / ".venv/tools/terraform"))
    given = parser.parse_args()
    found = compare(given.terraform)
    if given.write:
        PAGE.write_text(page(found))
    for row in found.rows:
        sys.stdout.write(
            f"{row.estate}: {' '.join(row.key)}: live {row.live}, plan {row.plan}, template {row.template}\n"
        )
    told = Counter(row.key[0] for row in found.rows)
    sys.stdout.write(
        f"{found.rules} rules, {found.answers} answers, {found.share:.2%} the same; {len(told)} rules differ\n"
    )


if __name__ == "__main__":
    main()
