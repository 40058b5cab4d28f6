"""A few random fault plans; `python -m tests.azure.faults` runs hundreds."""

from __future__ import annotations

import pytest

from tests.azure.faults import Audited, campaign, problems


@pytest.mark.slow
def test_whatever_breaks_the_audit_ends_and_invents_nothing() -> None:
    outcome = campaign(6, seed=20261124, jobs=3)
    assert not outcome.failures, outcome.failures[0]
    assert outcome.unknown or outcome.missing  # the faults struck


def _audited(outcomes: dict[tuple[str, str, str], str], gaps: list[dict[str, str]], code: int = 3) -> Audited:
    return Audited(code, outcomes, set(), gaps, 1.0, "", "", [], [])


VAULT = "/subscriptions/s/resourcegroups/g/providers/microsoft.keyvault/vaults/v"
KEY = ("azure.key-vault.rbac", VAULT, "")
WHOLE = _audited({KEY: "fail", ("azure.sql.tls", "/subscriptions/s/x/servers/q", ""): "pass"}, [], 1)
GAP = {"what": "/subscriptions/s", "type": "Microsoft.KeyVault/vaults", "reason": "403"}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (_audited({**WHOLE.outcomes, KEY: "pass"}, []), "fail became pass"),
        (_audited({**WHOLE.outcomes, KEY: "error"}, []), "error"),
        (_audited({key: value for key, value in WHOLE.outcomes.items() if key != KEY}, []), "missing without a gap"),
        (_audited({**WHOLE.outcomes, ("azure.sql.tls", VAULT, "x"): "fail"}, [GAP]), "new fail"),
        (WHOLE._replace(escaped="Traceback\nKeyError: 'x'"), "escaped"),
        (WHOLE._replace(violations=["PUT somewhere"]), "violation"),
        (WHOLE._replace(code=2), "exit code"),
        (_audited({}, []), "nothing says why"),
    ],
)
def test_what_an_audit_with_faults_must_not_tell(found: Audited, told: str) -> None:
    assert any(told in problem for problem in problems(WHOLE, found))


def test_less_is_told_when_a_gap_says_why() -> None:
    left = {key: value for key, value in WHOLE.outcomes.items() if key != KEY}
    assert list(problems(WHOLE, _audited({**left, KEY: "unknown"}, []))) == []
    assert list(problems(WHOLE, _audited(left, [GAP]))) == []
