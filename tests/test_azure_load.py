"""A small load; `python -m tests.azure.load` is the large one."""

from __future__ import annotations

import pytest

from tests.azure.load import load
from tests.clusters.server import Server


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_a_larger_estate_is_read_without_one_call_too_early(cluster: Server) -> None:
    rules = ("azure.api-management.*", "azure.network-security-group.*", "kubernetes.workload.*")
    options = (word for rule in rules for word in ("--select", rule))
    measured = load(30, 100, 50, *options, clusters=2, server=cluster)
    assert measured.code == 0, measured.said
    assert measured.resources > 500 and measured.queries and measured.reads > 250 and measured.listings > 10
    assert measured.throttled == 0 and not measured.violations
