"""`auditor completion`: the script that lets a shell complete commands and options."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for a shell: eval "$(auditor completion bash)"."""
    from click.shell_completion import get_completion_class

    from auditor.cli import root

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101  (the choice above)
    click.echo(found(root, {}, "auditor", "_AUDITOR_COMPLETE").source())
