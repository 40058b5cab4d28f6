"""Collections that end before they are done, and how they go on."""

from __future__ import annotations

import signal
import time

import pytest

from tests.azure.collected import DEMO
from tests.azure.command import Meet
from tests.azure.fault_plan import Fault
from tests.tools import PATIENCE

pytestmark = pytest.mark.slow


def test_what_failed_is_tried_again_and_nothing_else(meet: Meet) -> None:
    auditor = meet(Fault("/vaults/kv-edge[^/]*/keys", 403, times=1))
    rules = ("--subscription", DEMO, "--select", "azure.key-vault.*")
    said = auditor("collect", *rules, "-o", "snap", code=3)
    assert "--resume snap" in said
    begun = len(auditor.azure.calls)
    auditor("collect", *rules, "--resume", "snap")
    again = {served.call.name.rpartition("/vaults/")[2] for served in auditor.azure.calls[begun:]}
    assert {name for name in again if name.startswith("kv-")} == {"kv-edge-prod-weu/keys"}
    auditor("collect", *rules, "-o", "whole")
    assert auditor.lines("snap") == auditor.lines("whole")


def test_a_journal_of_another_scope_is_refused(meet: Meet) -> None:
    auditor = meet(Fault("/providers/Microsoft.Sql/.*/firewallRules", 403))
    auditor("collect", "--all", "--select", "azure.sql.*", "-o", "snap", code=3)
    assert "another collection" in auditor(
        "collect", "--all", "--select", "azure.bastion.*", "--resume", "snap", code=2
    )


def test_a_signal_leaves_a_partial_snapshot_that_can_be_completed(meet: Meet) -> None:
    auditor = meet(Fault("/apis/", "delay", times=1, seconds=120.0))
    rules = ("--subscription", DEMO, "--select", "azure.api-management.*")
    process = auditor.start("collect", *rules, "-o", "snap")
    while not auditor.azure.faults.faults[0].struck and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    _, said = process.communicate(timeout=PATIENCE)
    assert time.monotonic() - begun < 60
    assert process.returncode == 3, said
    assert any("interrupted" in gap.reason for gap in auditor.gaps("snap"))
    auditor("collect", *rules, "--resume", "snap")
    auditor("collect", *rules, "-o", "whole")
    assert auditor.lines("snap") == auditor.lines("whole")


def test_a_second_collection_into_the_same_place_leaves_the_first_alone(meet: Meet) -> None:
    auditor = meet(Fault("/apis/", "delay", times=1, seconds=20.0))
    rules = ("--subscription", DEMO, "--select", "azure.api-management.*", "-o", "snap")
    with auditor.start("collect", *rules) as first:
        while not auditor.azure.faults.faults[0].struck and first.poll() is None:
            time.sleep(0.05)
        said = auditor("collect", *rules, code=3)
        assert "Another auditor" in said and "remove" not in said
        first.communicate(timeout=PATIENCE)
    assert first.returncode == 0
    assert auditor.lines("snap")


def test_the_time_limit_ends_it_with_gaps(meet: Meet) -> None:
    auditor = meet(Fault("/providers/Microsoft.Sql/servers/[^/]+/", 503))
    begun = time.monotonic()
    auditor("collect", "--all", "--select", "azure.sql.*", "--time-limit", "0.05", "-o", "snap", code=3)
    assert time.monotonic() - begun < 90
    assert auditor.gaps("snap")
