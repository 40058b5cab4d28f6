"""Which kind of change a JSON document is, and reading it as such."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from auditor.plans.arm.spelling import TEMPLATE, canonical
from auditor.plans.change import Changes, without_secrets
from auditor.plans.what_if.answer import is_answer

Kind = Literal["terraform", "what-if", "template", "other"]


def kind_of(raw: Any) -> Kind:
    """The kind of change; `other` is a list or a resource, which may be manifests."""
    if not isinstance(raw, dict):
        return "other"
    if "resource_changes" in raw or "planned_values" in raw or "terraform_version" in raw:
        return "terraform"
    if is_answer(raw):
        return "what-if"
    members = canonical(raw, TEMPLATE)
    schema = members.get("$schema")
    if isinstance(schema, str) and "deploymenttemplate.json" in schema.casefold():
        return "template"
    if schema is None and "contentVersion" in members and "resources" in members:
        return "template"
    return "other"


_SCOPE: Final = re.compile(r"/subscriptions/([^/]+)(?:/resourceGroups/([^/]+))?/?", re.IGNORECASE)
_JSON_PLAN: Final = "Write the plan as JSON: `terraform show -json PLANFILE >tfplan.json`."
_PLAN: Final = f"Plan it: `terraform plan -out PLANFILE`. {_JSON_PLAN}"
_FOR_PEOPLE: Final = re.compile(
    rb"(?!\s*[{\[\"]).*?(?:Terraform|OpenTofu) (?:used the selected providers|will perform the following)"
    rb"|[\w.\[\]\"-]+: Refreshing state\.\.\.",
    re.DOTALL,
)
_SOURCES: Final = {
    ".bicep": ("it is Bicep", "Compile it to a template: `az bicep build --file FILE`."),
    ".bicepparam": ("it is a parameter file of Bicep", "`az bicep build-params` makes one for --parameters."),
    ".tf": ("it is Terraform source, and a plan is judged", _PLAN),
}


def mistaken(file: str, start: bytes) -> tuple[str, str] | None:
    """What a file is that is often given in the place of a change, by its name and how it begins; and what to do."""
    if start.startswith(b"PK\x03\x04") and PurePath(file).suffix.lower() != ".zip":
        return "it is an archive, as the plan file of Terraform is", _JSON_PLAN
    if start.startswith(b'{"@level"'):
        return "it is what `terraform plan -json` tells while it runs, not the plan", _JSON_PLAN
    if _FOR_PEOPLE.match(start):
        return "it is a plan as Terraform prints it for people", _PLAN
    return _SOURCES.get(PurePath(file).suffix)


class Beside(Struct, frozen=True):
    """What is told of a change beside its document: the parameters of a template, the folder of the root module of a
    Terraform plan, and the subscription and resource group that it is deployed to, where it does not say so itself."""

    parameters: Any = None
    source: str | None = None
    subscription: str | None = None
    group: str | None = None


def deployed_to(scope: str) -> tuple[str, str | None] | None:
    """Subscription and resource group of an id; None where it is the id of something else."""
    found = _SCOPE.fullmatch(scope)
    return (found[1], found[2]) if found else None


def read_change(kind: Kind, raw: Any, text: bytes, file: str, beside: Beside | None = None) -> Changes:
    """Read a document of a known kind, given with its text; without secrets. Raises InputError."""
    from auditor.plans.deployed_elsewhere import gaps_of_deployed

    found = _read(kind, raw, text, file, beside or Beside())
    gaps = tuple(dict.fromkeys((*found.gaps, *gaps_of_deployed(found.changes))))
    return without_secrets(replace(found, gaps=gaps))


def _read(kind: Kind, raw: Any, text: bytes, file: str, beside: Beside) -> Changes:
    if kind == "terraform":
        from auditor.plans.terraform.plan import read_terraform_plan

        return read_terraform_plan(raw, file, beside.source, beside.subscription)
    if kind == "what-if":
        from auditor.plans.what_if.changes import read_what_if

        return read_what_if(raw, file)
    from auditor.plans.arm.lines import lines_of
    from auditor.plans.arm.template import read_arm_template

    return read_arm_template(
        raw,
        file,
        beside.parameters,
        subscription_id=beside.subscription,
        resource_group=beside.group,
        lines=lines_of(text.decode("utf-8", "replace")),
    )
