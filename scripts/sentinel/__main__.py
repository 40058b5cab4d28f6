"""Writes `reports/sentinel/main.bicep` and the same template as ARM JSON, `main.json`, from one definition.

python -m scripts.sentinel            write them
python -m scripts.sentinel --check    only say whether they are as they should be
"""

from __future__ import annotations

import sys

from scripts.sentinel.arm import arm
from scripts.sentinel.bicep import bicep
from scripts.sentinel.content import FOLDER, template


def main() -> int:
    """The exit code: 1 when `--check` finds one that is not as it should be."""
    whole = template()
    made = {FOLDER / "main.bicep": bicep(whole), FOLDER / "main.json": arm(whole)}
    if "--check" in sys.argv:
        stale = [path.name for path, text in made.items() if not path.is_file() or path.read_text("utf-8") != text]
        print(f"Not as they should be: {', '.join(stale)}. Run make docs." if stale else "As they should be.")
        return int(bool(stale))
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
