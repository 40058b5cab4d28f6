"""The JSON Schema of the JSON report, made from the types it is written from and the descriptions below.

`reports/audit.schema.json` is this schema; a test fails when the two differ.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from auditor.render.document import SCHEMA_VERSION, Document

DESCRIPTIONS: Final[dict[str, dict[str, str]]] = {
    "Document": {
        "schemaVersion": "Version of this schema. A new minor version only adds members; a new major one may not.",
        "tool": "The program that wrote the document.",
        "asOf": "The time of the audit: what every duration in a rule was measured from.",
        "scope": "What was audited.",
        "summary": "The whole audit in numbers.",
        "rules": "Every rule of the audit, exercised or not.",
        "gaps": "What could not be read.",
        "rulePack": "Which rules judged.",
        "certificates": "Certificates of the estate. Absent when no rule asked for them.",
        "paths": "Traffic paths of the estate. Absent when no rule asked for them.",
        "excerpts": "Parts of resources around the evidence of the gravest failures.",
        "notices": "What a person should act on beside findings, such as exemptions that ended.",
        "listed": "How many findings of each outcome this document lists. `summary` counts them all.",
        "findings": "The answers of the rules, in order. A report asked for certain outcomes lists only these.",
    },
    "Summary": {
        "nothingEvaluated": "True when no rule met a resource: such an audit proves nothing.",
        "counts": "Findings of each outcome.",
        "failures": "Failures of each severity.",
        "unknowns": "Unknown answers and errors of each severity.",
        "resources": "Resources that were read.",
        "rules": "Rules that were asked.",
        "rulesExercised": "Rules that met something to judge.",
        "gaps": "Things that could not be read.",
        "notices": "Things to act on beside findings.",
        "elements": "The elements of the input and what became of them: their sum is `total`. Null in older reports.",
    },
    "Accounting": {
        "total": "Elements of the input: rows, items, documents, entries of a change, files.",
        "resources": "Elements that became resources, or parts of one.",
        "gaps": "Elements that became gaps.",
        "duplicates": "Elements that were left out because an equal one is evaluated.",
        "notEvaluated": "Elements that are not evaluated, by the reason.",
    },
    "NotEvaluated": {
        "count": "Number of elements.",
        "examples": "Names of the first 100.",
    },
    "RuleEntry": {
        "id": "Stable name of the rule.",
        "title": "The good state.",
        "resource": "Resource types that the rule judges.",
        "component": "The folder of the rule.",
        "sources": "Where the rule can be decided.",
        "rationale": "What is lost when this is not so.",
        "controls": "Controls of compliance frameworks that ask for this, by framework.",
        "equivalents": "The same question in other tools, by tool.",
        "references": "Where to read more.",
        "counts": "Findings of each outcome of this rule.",
        "exercised": "Whether the rule met something to judge.",
        "error": "Why the rule could not run, if it could not.",
    },
    "Finding": {
        "fingerprint": "Stable identity: the same in every audit of the same rule, resource and element.",
        "ruleId": "The rule that answers.",
        "element": "The element of the resource that was judged, when the rule judges each of several.",
        "title": "Title of the rule.",
        "message": "The answer in a sentence.",
        "evidence": "The fields that decided.",
        "gap": "Why the answer is unknown.",
        "exemption": "Who accepted the failure, why, and until when.",
        "origin": "Where the resource was read.",
        "owner": "Whose the resource is, by its tags or labels, or those of what holds it.",
        "firstSeen": "The time of the first audit that found this failure and was compared with.",
    },
    "RulePack": {
        "digest": "Of all that the rules say and of the estate's own parameters. Equal digests mean equal rules.",
        "rules": "Number of rules.",
    },
    "Excerpt": {
        "fingerprint": "The finding.",
        "lines": "Lines of JSON for people: with `absent`, `… n more`, and `(not shown)` for what may be a secret.",
        "marked": "Numbers of the lines that decided, from 0.",
    },
    "Certificate": {
        "notAfter": "When it ends.",
        "warnFrom": "From when its end is near.",
        "failFrom": "From when its end is too near.",
        "renewsAt": "When it will be renewed by itself.",
        "unread": "Why its end is not known.",
        "uses": "The first places where it is kept or used.",
        "moreUses": "Number of further places.",
    },
    "Hop": {
        "protection": "plaintext, encryptedUnverified, encryptedVerified, mutual, passthrough or unknown.",
        "unknown": "Why the protection is not known.",
        "says": "The setting that decides, in words.",
        "via": "What lies on the way: addresses, names, services.",
        "tls": "The lowest version that is accepted.",
        "certificate": "Name of the certificate that is shown.",
        "notAfter": "When this certificate ends.",
    },
    "TrafficPath": {
        "host": "The name that a client asks for.",
        "route": "What it asks for there.",
        "weakest": "The least protection of all hops.",
        "missing": "What could not be followed.",
        "bypasses": "Ways around it.",
    },
    "Evidence": {
        "path": "The field.",
        "actual": "What it holds: any JSON value.",
        "expected": "What was expected.",
    },
    "Gap": {
        "what": "What could not be read.",
        "reason": "Why, in a sentence.",
        "kind": "unreadable, forbidden, not-found, throttled, unreachable or unknown-until-apply.",
        "type": "The resource type that is incomplete because of it.",
    },
    "Exemption": {
        "category": "waiver or mitigated.",
        "expiresOn": "The day from which the failure counts again.",
        "kind": "external: written in a file of exemptions; inSource: in a comment beside the code.",
        "file": "The file it is written in.",
        "line": "The line in this file.",
    },
    "Notice": {
        "kind": "exemption-expired, exemption-expires-soon, exemption-too-long, exemption-unused, "
        "exemption-too-broad or exemption-misplaced; scope-set-aside: what auditor.yaml names and was not audited.",
        "message": "What to know and to do, in a sentence.",
        "file": "The file it is about.",
        "line": "The line in this file.",
    },
    "Origin": {
        "source": "live, snapshot, file, plan, template, manifest, or change (laid over what is there).",
        "address": "Address within the source, such as that of a plan.",
        "file": "The file that was given.",
        "line": "The line in this file.",
    },
    "Scope": {
        "inputs": "Files that were read.",
        "change": "Whether a change was judged, not an estate.",
        "resourceTypes": "Resources of each type.",
    },
}


def audit_schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12) of what `--format json` writes."""
    (root,), components = msgspec.json.schema_components([Document], ref_template="#/$defs/{name}")
    for component in components.values():
        # From docstrings, whose indentation depends on the version of Python.
        component["description"] = " ".join(component.get("description", "").split())
    for name, descriptions in DESCRIPTIONS.items():
        members = components[name]["properties"]
        for member, text in descriptions.items():
            # Beside a `$ref` a description is allowed since draft 2019-09.
            members[member] = {**members[member], "description": text}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:auditor:audit:{SCHEMA_VERSION}",
        "title": "Audit, as `auditor --format json` writes it",
        **root,
        "$defs": dict(sorted(components.items())),
    }
