"""`python -m tests.conservation`: damage many inputs, and tell what was lost."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.conservation.runs import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="Number of the first input.")
    parser.add_argument("--show", type=int, default=40, help="How many of what was lost are printed.")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = run(args.count, args.seed, Path(folder), args.first)
    print("\n".join(result.lost[: args.show]))
    print(f"{args.count:,} inputs, {len(result.lost)} resources lost")
    print(f"kinds: {dict(result.kinds.most_common())}")
    print(f"damage: {dict(result.damages.most_common())}")
    sys.exit(bool(result.lost))


if __name__ == "__main__":
    main()
