"""`auditor gate`: judge what a change would make, before it is deployed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from auditor.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.inventory import Inventory
    from auditor.model import Gap, Resource

    Read = tuple[list[Resource], list[Gap], frozenset[str]]


@click.command("gate", cls=options.ReportingCommand)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--parameters", metavar="FILE", help="A parameter file of an ARM template.")
@options.common
@click.pass_context
def command(ctx: click.Context, /, files: tuple[str, ...], parameters: str | None, **_given: object) -> None:
    """Judge a change before it is deployed.

    Reads Terraform plans (terraform show -json), ARM what-if answers, ARM templates (Bicep output) and Kubernetes
    manifests, and judges what they would make with the same rules as a scan.
    """
    from auditor.cli.judging import judge_and_report

    chosen = options.settings(ctx, files)
    sys.exit(judge_and_report(chosen, _inventory(files, parameters)))


def _inventory(files: Sequence[str], parameters: str | None) -> Inventory:
    """The resources as they will be after the change."""
    from auditor.inventory import CollectedSource, Inventory

    resources: list[Resource] = []
    gaps: list[Gap] = []
    covers: set[str] = set()
    for file in files:
        found, missing, covered = _read(file, parameters)
        resources += found
        gaps += missing
        covers |= covered
    covers |= {resource.type.casefold() for resource in resources}
    return Inventory(files, [CollectedSource(resources)], gaps=gaps, covers=frozenset(covers))


def _read(file: str, parameters: str | None) -> Read:
    """Resources, gaps and covered types of one file."""
    from auditor.plans.detect import kind_of, read_change
    from auditor.reading.whole import whole_json

    if not file.endswith((".yaml", ".yml")):
        raw = whole_json(file)
        kind = kind_of(raw)
        if kind != "other":
            changes = read_change(kind, raw, file, whole_json(parameters) if parameters else None)
            return [c.after for c in changes.changes if c.after], list(changes.gaps), changes.covers
    return _manifests(file)


def _manifests(file: str) -> Read:
    from msgspec.structs import replace

    from auditor.inventory import open_inventory
    from auditor.model import Resource

    inventory = open_inventory([file])
    found = []
    for resource in inventory.resources():
        origin = replace(resource.origin, source="manifest" if resource.is_kubernetes else resource.origin.source)
        found.append(Resource(resource.type, resource.body, origin, resource.cluster, partial=resource.partial))
    return found, inventory.gaps, frozenset()
