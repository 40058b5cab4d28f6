"""The bundled rules with their cases: read once for all tests of a process, since reading them takes a second."""

from __future__ import annotations

from typing import Final

from auditor.ruleset.loader import sources, unique
from auditor.ruleset.rule_schema_model import RuleSource

SOURCES: Final[list[RuleSource]] = unique(sources())
