"""Whole rule set on a mutated estate: generated code against the reference interpreter.

    python -m tests.agreement --seeds 10 --count 10000

Keys change their casing, values become null, absent, of another type or another casing. Prints the differences.
"""

from __future__ import annotations

import argparse
import copy
import random
import sys
from collections.abc import Iterator
from typing import Any

from auditor.demo.estate_inventory import AS_OF, as_designed, resource_of
from auditor.demo.faults import as_found, planted
from auditor.evaluate.bound_rule import Bound, bind
from auditor.evaluate.conditions.relations import Relations
from auditor.evaluate.engine import Judge
from auditor.evaluate.finding_writer import encode
from auditor.evaluate.interpreter import answers
from auditor.model.resource import Resource, Unknown, holds_unknown
from auditor.ruleset.loader import load_rules
from tests.plain_findings import finding_of

_ODD = (None, True, False, 0, 7, "", "x", "true", [], {}, ["x"], {"name": "x"}, "2026-07-09T00:00:00Z", "10.0.0.0/8")


_IDENTITY = ("id", "name", "type", "apiVersion", "kind")
_FOLDED = {key.casefold() for key in _IDENTITY}


def mutated(body: dict[str, Any], source: random.Random, unknowns: bool) -> dict[str, Any]:
    """A body with some keys and values changed. Identity stays, so that it remains a resource of its type."""
    rate = source.choice((0.0, 0.02, 0.1, 0.3))

    def change(value: Any, key: str = "id") -> Any:
        dice = source.random()
        if key not in _IDENTITY and dice < rate:
            if unknowns and dice < rate / 4:
                return Unknown("known after apply")
            return copy.deepcopy(source.choice(_ODD))
        if isinstance(value, dict):
            kept = [(name, item) for name, item in value.items() if source.random() >= rate / 2]
            return {_cased(name, source, rate): change(item, name) for name, item in kept}
        if isinstance(value, list):
            items = [change(item, "") for item in value if source.random() >= rate / 2]
            return items + items[:1] if source.random() < rate else items
        return _cased(value, source, rate) if isinstance(value, str) and key not in _IDENTITY else value

    changed = {_cased(key, source, rate): change(value, key) for key, value in body.items()}
    kept = {key: body[key] for key in _IDENTITY if key in body}
    return {key: value for key, value in changed.items() if key.casefold() not in _FOLDED} | kept


def _cased(text: str, source: random.Random, rate: float) -> str:
    return source.choice((text.upper(), text.lower(), text.swapcase())) if source.random() < rate else text


def differences(count: int, seed: int) -> Iterator[str]:
    """Resources on which the two say something different."""
    source = random.Random(seed)
    rules = [bind(rule, AS_OF) for rule in load_rules()]
    estate = as_found(as_designed(), planted())
    relations = Relations(rules)
    pool = [resource_of(body) for body in estate]
    for resource in pool:
        if resource.type.casefold() in relations.types and source.random() < 0.7:
            relations.add(_again(resource, mutated(resource.body, source, unknowns=True)))
    judges = [Judge(rules, relations, keep_passes=keep) for keep in (True, False)]
    by_type: dict[str, list[Bound]] = {}
    for rule in rules:
        for kind in rule.types:
            by_type.setdefault(kind, []).append(rule)
    for _ in range(count):
        resource = source.choice(pool)
        resource = _again(resource, mutated(resource.body, source, unknowns=source.random() < 0.2))
        expected = sorted(
            encode(finding_of(rule.rule, resource, answer))
            for rule in by_type.get(resource.type.casefold(), ())
            for answer in answers(rule, resource, relations)
        )
        for judge, wanted in zip(
            judges, (expected, [f for f in expected if b'"outcome":"pass"' not in f]), strict=True
        ):
            found = sorted(judge.findings(resource))
            if found != wanted:
                odd = set(found) ^ set(wanted)
                yield f"{resource.type} {resource.name}: {sorted(odd)[:2]} in {resource.body}"


def _again(resource: Resource, body: dict[str, Any]) -> Resource:
    return Resource(resource.type, body, resource.origin, resource.cluster, partial=holds_unknown(body))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--count", type=int, default=10_000)
    given = parser.parse_args()
    found = 0
    for seed in range(given.seeds):
        for difference in differences(given.count, seed):
            found += 1
            sys.stdout.write(f"seed {seed}: {difference[:2000]}\n")
    sys.stdout.write(f"{given.seeds} x {given.count} resources, {found} differences\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
