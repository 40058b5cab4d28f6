"""`auditor gate`: judge what a change would make, before it is deployed."""

from __future__ import annotations

import sys

import click

from auditor.cli import options
from auditor.pipeline.gc_control import no_collection


@click.command("gate", cls=options.ReportingCommand)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--parameters", metavar="FILE", help="A parameter file of an ARM template.")
@click.option(
    "--deployed-to",
    metavar="ID",
    help="The subscription or resource group, as its id, that a template is deployed to, or a plan by default.",
)
@click.option(
    "--source",
    metavar="DIR",
    help="The folder of the Terraform root module: findings then name the file and line of the block.",
)
@click.option(
    "--against", metavar="PATH", help="The estate before (a snapshot or an export): the change is laid over it."
)
@click.option(
    "--cluster", metavar="NAME", help="The cluster that manifests go to; with --against its only one when not given."
)
@click.option("--new-only", is_flag=True, help="With --against or --baseline: only new failures make the exit code.")
@click.option(
    "--trusted-config",
    metavar="FILE",
    help="Settings from outside the change, in place of the checkout's own; /dev/null for none.",
)
@options.common
@click.pass_context
@no_collection()
def command(
    ctx: click.Context,
    /,
    files: tuple[str, ...],
    parameters: str | None,
    deployed_to: str | None,
    source: str | None,
    against: str | None,
    cluster: str | None,
    new_only: bool,
    **_given: object,
) -> None:
    """Judge a change before it is deployed.

    Reads Terraform plans (terraform show -json), ARM what-if answers, ARM templates (Bicep output) and Kubernetes
    manifests, and judges what they would make with the same rules as a scan. Only what the change touches is judged;
    with --against the whole estate as it will be, and what is new since. What is known only after the change is applied
    is told, and makes no exit code unless --fail-on-unknown is given.
    """
    from auditor.pipeline.audit_change import audit_change
    from auditor.pipeline.change_overlay import after_change, laid_over_estate, touched
    from auditor.pipeline.read_change import (
        context_of,
        gaps_without_scope,
        on_cluster,
        only_cluster,
        open_estate_before,
        read_change_file,
    )

    chosen = options.settings_of(ctx, files)
    against, new_only = against or chosen.config.get("against"), new_only or chosen.config.get("newOnly", False)
    if new_only and not (against or chosen.baseline):
        raise click.UsageError("--new-only needs --against or --baseline to know what is new.")
    context = context_of(parameters, source, deployed_to, chosen.config)
    if context is None:
        raise click.UsageError("--deployed-to requires /subscriptions/ID or /subscriptions/ID/resourceGroups/NAME.")
    changes = [read_change_file(file, context) for file in files]
    before = None if against is None else open_estate_before(against)
    changes = on_cluster(changes, cluster or only_cluster(before))
    if before is None:
        made, new = after_change(files, changes), touched(changes)
        sys.exit(audit_change(chosen, made, changes, touched=new, new_only=new_only))
    laid_over = laid_over_estate(before, files, changes, () if context.subscription else gaps_without_scope(changes))
    sys.exit(audit_change(chosen, laid_over, changes, against=before, new_only=new_only))
