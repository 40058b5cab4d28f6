"""The command line. Each command is one file, imported when called; an error becomes a sentence, a hint and a code."""

from __future__ import annotations

import importlib
import sys
from typing import Any, Final

import click

from auditor import __version__
from auditor.errors import INCOMPLETE, AuditorError

COMMANDS: Final = {
    "demo": "Audit the built-in demo estate.",
    "scan": "Audit resources from files, snapshots or standard input.",
    "gate": "Judge a change before it is deployed.",
    "report": "Render a saved JSON audit again.",
    "diff": "Say what changed between two saved audits.",
    "rules": "List, show, test and write rules.",
    "completion": "Print the completion script for a shell.",
}
"""Command → one line for `--help`, so that help needs no command's module."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"auditor.cli.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="auditor", message="%(prog)s %(version)s")
def root() -> None:
    """Prove that an Azure and Kubernetes API platform is private and TLS-everywhere, today and before every change."""


def main(args: list[str] | None = None) -> Any:
    """Run the command line and exit."""
    try:
        root.main(args=args, standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AuditorError as error:
        click.echo(f"Error: {error.sentence}", err=True)
        if error.hint:
            click.echo(f"Hint: {error.hint}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        sys.exit(INCOMPLETE)
    sys.exit(0)
