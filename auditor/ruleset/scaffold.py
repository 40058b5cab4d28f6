"""A rule file to start from: everything in its place, and cases that fail until somebody has thought about them."""

from __future__ import annotations

import re

from auditor.model.errors import RuleError

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+")


def scaffold(rule_id: str) -> str:
    """The text of a new rule file. Raises RuleError when the id has not the form of one."""
    if not _ID.fullmatch(rule_id):
        raise RuleError(f"{rule_id!r} is no rule id.", "Ids look like azure.key-vault.purge-protection.")
    depth = rule_id.count(".")
    return f"""\
# yaml-language-server: $schema={"../" * depth}rule.schema.json
id: {rule_id}
title: TODO state the good state in one line
severity: medium
resource: Microsoft.Example/things
assert: {{field: properties.todo, equals: true}}
rationale: >-
  TODO what an attacker gains, or what is lost, when this is not so.
remediation:
  text: TODO what to change.
sources: [live]
controls: {{}}
equivalents: {{}}
references:
  - https://learn.microsoft.com/azure/
tests:
  - {{name: good, given: {{properties: {{todo: false}}}}, expect: pass}}
  - {{name: bad, given: {{properties: {{todo: true}}}}, expect: fail}}
  - {{name: absent, given: {{properties: {{}}}}, expect: pass}}
  - {{name: known after apply, given: {{properties: {{todo: !unknown known after apply}}}}, expect: fail}}
"""
