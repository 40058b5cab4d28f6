"""The command line. Each command is one file, imported when called; an error becomes a sentence, a hint and a code."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import click

from auditor import __version__
from auditor.model.errors import INCOMPLETE, AuditorError, DefectError, ResourceError

COMMANDS: Final = {
    "demo": "Audit the built-in demo estate.",
    "scan": "Audit what is deployed: live, or from files and snapshots.",
    "collect": "Read the live estate into a snapshot, to audit it later or elsewhere.",
    "preflight": "Say which rights lack for a live audit, and which rules would suffer.",
    "gate": "Judge a change before it is deployed.",
    "certificates": "List the certificates of an estate: when they end, where they are used.",
    "paths": "Draw the way of requests from public host names to pods.",
    "redact": "Replace names, ids and addresses in a snapshot, to share it.",
    "report": "Render a saved JSON audit again.",
    "diff": "Say what changed between two saved audits.",
    "publish": "Record a saved audit and send what changed: Microsoft Sentinel, a webhook, a folder.",
    "history": "Show what became of findings over time.",
    "exemptions": "Check exemptions, and take over those of other tools.",
    "rules": "List, show, test and write rules.",
    "completion": "Print the completion script for a shell.",
}
"""Command → one line for `--help`, so that help needs no command's module."""
VERBOSITY: Final = "auditor.verbosity"
"""Where `--verbose` leaves its count in the `meta` of the context."""


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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from auditor.evaluate.conditions.grammar import near

            ctx.fail(f"No such command {args[0]!r}{near(args[0], COMMANDS)}.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. What none of them expects becomes an error that a person can be told."""
        try:
            return super().invoke(ctx)
        except (AuditorError, click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except KeyboardInterrupt as error:
            raise click.Abort from error
        except BrokenPipeError:  # the reader went away (`| head`), which is no error
            _abandon_stdout()
            return None
        except MemoryError as error:
            raise ResourceError("There is not enough memory.", "Audit less at once, or with fewer --jobs.") from error
        except OSError as error:
            if not error.filename:
                _abandon_stdout()
            named = f"{error.filename}: " if error.filename else ""
            raise ResourceError(f"{named}{error.strerror or error}.", "Check space and permissions.") from error
        except Exception as error:
            if ctx.meta.get(VERBOSITY, 0) > 1:
                raise
            told = f"auditor has a defect here: {type(error).__name__}: {error}"
            raise DefectError(told, "Run it again with -vv, and report what it prints.") from error


def _abandon_stdout() -> None:
    from auditor.render.write import abandon_stdout

    abandon_stdout()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="auditor", message="%(prog)s %(version)s")
def root() -> None:
    """Prove that an Azure and Kubernetes API platform is private and TLS-everywhere, today and before every change."""


def main(args: list[str] | None = None) -> Any:
    """Run the command line and exit."""
    _prepare()
    try:
        root.main(args=args, standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        _shown(_with_from(error)).show()
        sys.exit(error.exit_code)
    except AuditorError as error:
        sentence = f"{error.sentence}{'' if error.sentence.endswith(('.', '!', '?')) else '.'}"
        click.echo(f"Error: {_safe(sentence)}", err=True)
        if error.hint:
            click.echo(f"Hint: {_safe(_sentence(error.hint))}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        sys.exit(INCOMPLETE)
    sys.exit(0)


def _safe(text: str) -> str:
    """A message without the secrets that it quotes."""
    from auditor.sanitize.messages import message

    return message(text)


def _shown(error: click.ClickException) -> click.ClickException:
    """The error without the secrets that its message quotes."""
    setattr(error, "message", _safe(error.message))  # noqa: B010  (declared final, and no error is made anew for it)
    return error


def _print_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What Python prints of an error that nobody handles (-vv), without the secrets that its message quotes."""
    import traceback

    click.echo(_safe("".join(traceback.format_exception(kind, error, trace))), err=True, nl=False)


def _with_from(error: click.ClickException) -> click.ClickException:
    """The error; of a file that stands where --from names files, with what to write."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    options = {option for param in context.command.params for option in param.opts} if context else set()
    if "--from" in options and error.message.startswith("Got unexpected extra argument"):
        return click.UsageError(f"{error.message}. Files are named by --from PATH, each by its own.", context)
    return error


def _sentence(hint: str) -> str:
    """A hint as a sentence: with a capital, unless it begins with a path, and a full stop."""
    first = hint.split(maxsplit=1)[0]
    begun = hint if "/" in first or "." in first[:-1] else hint[0].upper() + hint[1:]
    return begun if begun.endswith((".", "!", "?")) else f"{begun}."


def _prepare() -> None:
    """Streams that take every text, and an orderly end (no half-written file) when the process is told to stop."""
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115  (closed by the caller: nothing to read)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal of another encoding than UTF-8
    sys.excepthook = _print_traceback
    if threading.current_thread() is not threading.main_thread():
        return  # no other may say what signals do
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # `nohup` ignores it
            signal.signal(number, _stop)


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
