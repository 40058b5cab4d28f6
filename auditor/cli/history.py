"""`auditor history`: what stands and since when, what was opened and resolved, how long mending took."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from auditor.pipeline import settings
from auditor.pipeline.baselines import history_file, open_history

if TYPE_CHECKING:
    from auditor.history.metrics import History, Line
    from auditor.pipeline.sinks import Told


@click.command("history")
@click.option("--estate", metavar="NAME", help="Which estate; needed when the history holds several.")
@click.option("--history", metavar="FILE", help="The history that `publish` writes.")
@click.option(
    "--workspace",
    metavar="GUID",
    help="Ask the workspace that findings were sent to; done by itself when it is configured, and no history is here.",
)
@click.option("--since", metavar="DATE", help="Count what was opened and resolved from this day on.")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the answer.")
@click.option("--cloud", metavar="NAME", help="Azure cloud, or a file that describes one, for --workspace.")
@click.option("--auth", "auth", multiple=True, metavar="WAY", help="Ways to sign in; all that the environment offers.")
@click.option("--config", metavar="FILE", help="Settings; ./auditor.yaml when there is one.")
def command(**given: Any) -> None:
    """Show what became of findings over time."""
    from auditor.history.metrics import history
    from auditor.history.store import estate_of

    config = settings.config_of(given["config"])
    since = settings.clock(given["since"]).isoformat() if given["since"] else None
    estate, place = given["estate"] or config.get("estate"), given["history"] or config.get("history")
    workspace = given["workspace"] or _configured(place, given["config"], config)
    if workspace:
        found = _recalled(
            workspace, {**config, **{key: given[key] for key in ("cloud", "auth") if given[key]}}, estate, since
        )
    else:
        with open_history(place, given["config"], config, write=False) as store:
            found = history(store, estate_of(store, estate), since)
    if given["form"] == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    else:
        click.echo("\n".join(_text(found)))


def _configured(place: str | None, config_file: str | None, config: Told) -> str | None:
    """The workspace of the settings, where there is no history but there."""
    if place is not None or history_file(None, config_file).is_file():
        return None
    return ((config.get("publish") or {}).get("sentinel") or {}).get("workspace")


def _recalled(workspace: str, told: Told, estate: str | None, since: str | None) -> History:
    from auditor.pipeline.sinks import azure_of
    from auditor.publish.remote_history import recall
    from auditor.publish.workspace import Workspace

    cloud, token = azure_of(told)
    return recall(Workspace(cloud.log_analytics, cloud.log_analytics_audience, workspace, token), estate, since)


def _text(found: History) -> list[str]:
    from auditor.render.phrasing import plural, visible

    first, last = found.runs[0] if found.runs else None, found.runs[-1] if found.runs else None
    lines = [f"{visible(found.estate)}: {plural(len(found.runs), 'audit')}"]
    if first and last:
        lines[0] += f", {_day(first.at)} to {_day(last.at)}"
    for title, rows in (("Severity", found.severities), ("Rule", found.rules)):
        shown = [(visible(row.name), row) for row in rows]
        width = max([len(title), *(len(name) for name, _row in shown)])
        heads = f"{'open':>6} {'exempt':>6} {'unknown':>7} {'opened':>7} {'resolved':>8} {'age':>8} {'mended in':>9}"
        lines += ["", f"{title:{width}}  {heads}"]
        lines += [_row(name, row, width) for name, row in shown]
    return lines


def _row(name: str, row: Line, width: int) -> str:
    return (
        f"{name:{width}}  {row.open:6} {row.exempt:6} {row.not_evaluated:7} {row.opened:7} {row.resolved:8} "
        f"{_days(row.age_days):>8} {_days(row.days_to_mend):>9}"
    )


def _days(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} d"


def _day(text: str) -> str:
    return dt.datetime.fromisoformat(text).date().isoformat()
