"""The bundled rules with their cases: read once for all tests of a process, since reading them takes a second."""

from __future__ import annotations

from typing import Final

from auditor.rule_file import RuleSource
from auditor.rulebook import sources, unique

SOURCES: Final[list[RuleSource]] = unique(sources())
