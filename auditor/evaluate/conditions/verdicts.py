"""What is known of a rule on a resource, or on one element of it, before the reference is asked. Pure."""

from __future__ import annotations

from typing import Final

SKIP: Final = 0
"""The rule does not apply."""
PASSES: Final = 1
ASK: Final = 2
"""The reference must judge it."""
FAILS: Final = 3
"""It fails; the evidence is still to be told."""
