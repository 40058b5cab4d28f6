"""`python -m tests.conservation`: damage many inputs and report what was lost, or show one of them."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.conservation.runs import World, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="Number of the first input.")
    parser.add_argument("--show", type=int, default=40, help="How many of what was lost are printed.")
    parser.add_argument("--replay", type=int, metavar="NUMBER", help="Show one input and what is reported about it.")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if args.replay is not None:
            sys.exit(_replay(args.seed, args.replay, Path(folder)))
        result = run(args.count, args.seed, Path(folder), args.first)
    print("\n".join(result.lost[: args.show]))
    print(f"{args.count:,} inputs, {len(result.lost)} resources lost")
    print(f"kinds: {dict(result.kinds.most_common())}")
    print(f"damage: {dict(result.damages.most_common())}")
    sys.exit(bool(result.lost))


def _replay(seed: int, number: int, folder: Path) -> bool:
    """Print one input, what was done to it, and what is reported about it. True when a resource was lost."""
    world = World(folder)
    case = world.case(seed, number)
    print(f"{case.sound.command} {case.kind} ({case.path.name}): {', '.join(case.damage)}")
    print(case.text.strip() or json.dumps(case.value, indent=1, ensure_ascii=False))
    heard = world.auditor.heard(case.sound.command, case.path, large=case.large)
    if heard.refused:
        print(f"refused: {heard.refused}")
    for finding in heard.findings:
        print(f"{finding.outcome}: {finding.rule_id}: {finding.resource.id or finding.resource.name}")
    for gap in heard.gaps:
        print(f"gap: {gap.what}: {gap.reason}")
    print(f"not evaluated: {heard.left_out}; types without rules: {heard.unjudged}")
    missing = world.lost(case)
    print(f"lost: {', '.join(missing) or 'nothing'}")
    return bool(missing)


if __name__ == "__main__":
    main()
