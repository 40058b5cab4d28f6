"""The whole rule set says the same by generated code and by the reference, on an estate of odd shapes and casings."""

from __future__ import annotations

import pytest

from tests.agreement import differences


@pytest.mark.slow
@pytest.mark.parametrize("seed", [101, 102])
def test_generated_code_agrees_on_a_mutated_estate(seed: int) -> None:
    assert list(differences(1500, seed)) == []
