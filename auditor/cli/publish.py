"""`auditor publish`: record a saved audit in the history of its estate, and send what changed to where people work."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from auditor.cli.console import message
from auditor.pipeline import settings

if TYPE_CHECKING:
    from auditor.history.store import Store
    from auditor.publish.delivery import Sink
    from auditor.publish.workspace import Workspace


@click.group("publish")
def command() -> None:
    """Record a saved audit in the history of its estate, and send what changed.

    What is to be sent is written to the history first, and leaves it when it has arrived. Without an audit, what
    earlier runs had to leave is sent.
    """


def _shared(function: Any) -> Any:
    """The options of every sink."""
    for option in reversed(
        (
            click.argument("audit", required=False, metavar="[AUDIT]"),
            click.option("--estate", metavar="NAME", help="What was audited; each estate has a history of its own."),
            click.option("--history", metavar="FILE", help="The history; made when there is none."),
            click.option(
                "--full/--changes", default=False, help="Send every finding, or only what changed (the default)."
            ),
            click.option("--retry-refused", is_flag=True, help="Also send once more what the sink refused."),
            click.option(
                "--patience", type=click.IntRange(0), default=300, help="Seconds to go on when the sink is busy."
            ),
            click.option("--config", metavar="FILE", help="Settings; ./auditor.yaml when there is one."),
            click.option("--quiet", "-q", is_flag=True, help="Say nothing when all went well."),
        )
    ):
        function = option(function)
    return function


_DRY_RUN = click.option(
    "--dry-run", is_flag=True, help="Print the records that would be sent; record and send nothing."
)


def _dry_run_done(kind: str, given: dict[str, Any]) -> bool:
    """Whether a dry run was asked for, and is done."""
    if not given["dry_run"]:
        return False
    from auditor.pipeline.dry_run import dry_run

    click.echo(dry_run(kind, given), err=True)
    return True


class Published(NamedTuple):
    """The audit that was published: its identity and time; None when none was named."""

    scan: str | None = None
    at: dt.datetime | None = None


def publish(given: dict[str, Any], make: Callable[[Store], Sink]) -> Published:
    """Record the audit, when one is named, and send. Exits with 3 when something is left."""
    from auditor.pipeline.baselines import DEFAULT, must_be_there, open_history
    from auditor.pipeline.publish_run import record, send
    from auditor.publish.outbox import try_again
    from auditor.render.load import load_audit

    config = settings.config_of(given["config"])
    published = Published()
    with ExitStack() as stack:
        place = given["history"] or config.get("history")
        if not given["audit"]:
            must_be_there(place, given["config"])
        store = stack.enter_context(open_history(place, given["config"], {**config, **_said(given)}, write=True))
        sink = make(store)
        if given["audit"]:
            audit, findings = load_audit(given["audit"])
            stack.enter_context(findings)
            estate = given["estate"] or config.get("estate") or DEFAULT
            recorded = record(store, estate, audit, findings, {sink.name: given["full"]})
            published = Published(recorded.scan, audit.as_of)
            if recorded.known and not given["quiet"]:
                click.echo("This audit was recorded before: only what is left of it is sent.", err=True)
        if given["retry_refused"]:
            try_again(store, sink.name)
        if not send(store, [sink], given["patience"], message, quiet=given["quiet"]):
            sys.exit(3)
    return published


@command.command("sentinel")
@click.option("--endpoint", metavar="URL", help="Logs ingestion endpoint of the data collection rule.")
@click.option("--rule", metavar="ID", help="Immutable id of the data collection rule: dcr-….")
@click.option("--stream", metavar="NAME", help="Stream of the rule; that of the table that auditor ships.")
@click.option("--verify", is_flag=True, help="Then ask the workspace whether all of it has arrived.")
@click.option("--workspace", metavar="GUID", help="Workspace id, for --verify.")
@click.option("--cloud", metavar="NAME", help="Azure cloud, or a file that describes one.")
@click.option("--auth", "auth", multiple=True, metavar="WAY", help="Ways to sign in; all that the environment offers.")
@_DRY_RUN
@_shared
def sentinel(**given: Any) -> None:
    """Send findings to Microsoft Sentinel, by the Logs Ingestion API."""
    if _dry_run_done("sentinel", given):
        return
    from auditor.pipeline.sinks import azure_of, needed, sink_of
    from auditor.publish.workspace import Workspace

    config = settings.config_of(given["config"])
    asked = {**config, **((config.get("publish") or {}).get("sentinel") or {}), **_said(given)}
    workspace = needed(asked, "sentinel", "workspace") if given["verify"] else None
    sink = sink_of("sentinel", config, given)
    published = publish(given, lambda _store: sink)
    if workspace:
        cloud, token = azure_of(asked)
        at = Workspace(cloud.log_analytics, cloud.log_analytics_audience, workspace, token)
        _verify(published, at, given["patience"])


def _said(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value not in (None, ())}


def _verify(published: Published, workspace: Workspace, patience: float) -> None:
    """Say what has arrived. Exits with 3 when something is missing."""
    from auditor.model.errors import ConfigError
    from auditor.publish.verify import arrived

    if published.scan is None or published.at is None:
        raise ConfigError("There is nothing to verify.", "Name the audit whose records must have arrived.")
    found = arrived(workspace, published.scan, published.at, patience)
    expected = "the summary is missing" if found.expected is None else f"{found.expected:,} were sent"
    click.echo(f"sentinel: {found.rows:,} records have arrived, {expected}.", err=True)
    if not found.complete:
        hint = "It takes minutes; what the table did not take is in DCRLogErrors. Publish with --full to send it again."
        click.echo(hint, err=True)
        sys.exit(3)


@command.command("webhook")
@click.option("--url", metavar="URL", help="Where to; the secret for signatures is in AUDITOR_WEBHOOK_SECRET.")
@_DRY_RUN
@_shared
def webhook(**given: Any) -> None:
    """Send records to a webhook, in signed requests."""
    if _dry_run_done("webhook", given):
        return
    from auditor.pipeline.sinks import sink_of

    sink = sink_of("webhook", settings.config_of(given["config"]), given)
    publish(given, lambda _store: sink)


@command.command("file")
@click.option("--folder", metavar="DIR", help="Where to; another program takes the files from there.")
@click.option("--form", type=click.Choice(["ndjson", "ocsf"]), help="Records as they are (ndjson), or OCSF events.")
@_DRY_RUN
@_shared
def file(**given: Any) -> None:
    """Drop records into a folder, as NDJSON files: of our own, or of OCSF Compliance Findings."""
    if _dry_run_done("file", given):
        return
    from auditor.pipeline.sinks import sink_of

    sink = sink_of("file", settings.config_of(given["config"]), given)
    publish(given, lambda _store: sink)


@command.command("defender")
@click.option("--cloud", metavar="NAME", help="Azure cloud, or a file that describes one.")
@click.option("--auth", "auth", multiple=True, metavar="WAY", help="Ways to sign in; all that the environment offers.")
@_shared
def defender(**given: Any) -> None:
    """Write custom assessments to Microsoft Defender for Cloud, beside the resources that fail.

    This is the one command that writes to Azure. It needs a role of its own, deploy/azure/defender-role.json; give it
    to another identity than the one that audits.
    """
    from auditor.history.open_findings import standing
    from auditor.pipeline.sinks import azure_of
    from auditor.publish.defender import Defender

    cloud, token = azure_of({**settings.config_of(given["config"]), **_said(given)})
    at = cloud.resource_manager
    publish(given, lambda store: Defender(at, cloud.scope, token, lambda estate: standing(store, estate)))
