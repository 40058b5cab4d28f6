"""What goes wrong for a person: one sentence, one hint, one exit code. Caught once, in `cli`."""

from __future__ import annotations

from typing import ClassVar

CLEAN, FINDINGS, USAGE, INCOMPLETE = 0, 1, 2, 3
"""Exit codes of every command: clean, findings at or above the threshold, wrong usage, incomplete or impossible."""


class AuditorError(Exception):
    """A failure to tell the user about. `hint` says what to do next."""

    exit_code: ClassVar[int] = INCOMPLETE

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint

    def __reduce__(self) -> tuple[type[AuditorError], tuple[str, str]]:
        return type(self), (self.sentence, self.hint)  # whole, when a job tells it to its parent


class RuleError(AuditorError):
    """A rule file, a rule selection or a parameter is wrong: the command was used wrongly."""

    exit_code = USAGE


class ConfigError(AuditorError):
    """`auditor.yaml` or an option is wrong."""

    exit_code = USAGE


class InputError(AuditorError):
    """What was to be audited could not be read at all."""

    exit_code = INCOMPLETE


class OutputError(AuditorError):
    """A report could not be written."""

    exit_code = INCOMPLETE


class ResourceError(AuditorError):
    """The machine gave up: memory, a disk, a process."""


class DefectError(AuditorError):
    """Auditor itself is wrong."""
