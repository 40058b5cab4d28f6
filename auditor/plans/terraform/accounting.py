"""What became of each entry of a Terraform plan: a resource, a gap, or not evaluated for a reason. Pure.

It starts from the entries as the plan has them and looks for what the readers made of each by its address, so that an
entry that a reader has lost has no outcome.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from auditor.model.accounting import Accounting
from auditor.plans.change import DELETED, UNCHANGED
from auditor.plans.terraform.announcements import named, only_planned, waiting
from auditor.plans.terraform.gaps import stray_entries
from auditor.plans.terraform.nodes import Node, address_of, entries_of

_READ: Final = ("azapi_resource", "azapi_update_resource")
_OURS: Final = ("azapi_", "azuread_", "azurerm_", "kubectl_", "kubernetes_")
_DATA: Final = "data source"
_DEPOSED: Final = "object that was replaced before and is deleted now"
_UNREAD: Final = "resource of a type that is not read"
_ACTION: Final = "action on a resource"
_FOREIGN: Final = "resource of another provider"


def accounting_of(
    plan: dict[str, Any],
    file: str,
    nodes: Iterable[Node],
    made: Collection[str | None],
    unread: Collection[str],
    gaps: Collection[str],
) -> Accounting:
    """The entries of a plan and what became of them.

    `made` are the addresses of what the readers made, `unread` the types that they do not read, `gaps` what the gaps of
    the plan name.
    """
    accounting = Accounting()
    by_address = {node.address: node for node in nodes}
    for place, entry in entries_of(plan, file):
        accounting.expect()
        name = address_of(entry) or place
        node = by_address.get(name)
        if name in gaps and name not in made:
            accounting.gap()
        elif isinstance(entry, dict) and entry.get("deposed"):
            accounting.leave_out(_DEPOSED, name)
        elif node is not None:
            _settle(accounting, node, made, unread)
    gaps_beside = (
        waiting(plan) + len(only_planned(plan)) + sum(count for _place, _key, count in stray_entries(plan, file))
    )
    accounting.expect(gaps_beside)
    accounting.gap(gaps_beside)
    for reason, name in named(plan):
        accounting.expect()
        accounting.leave_out(reason, name)
    return accounting


def _settle(accounting: Accounting, node: Node, made: Collection[str | None], unread: Collection[str]) -> None:
    if node.data:
        accounting.leave_out(_DATA, node.address)
    elif node.action == "delete":
        accounting.leave_out(DELETED, node.address)
    elif node.action == "no-op":
        accounting.leave_out(UNCHANGED, node.address)
    elif node.address in made:
        accounting.resource()
    elif not node.type.startswith(_OURS):
        accounting.leave_out(_FOREIGN, node.address)
    elif node.type == "azapi_resource_action":  # those that change a resource make one
        accounting.leave_out(_ACTION, node.address)
    elif node.type in unread or not (node.type.startswith("azurerm_") or node.type in _READ):
        accounting.leave_out(_UNREAD, node.address)
