"""Live handshakes with the hosts of an inventory, and with no other: what they really send.

`hosts` says whom to ask, `handshake` asks one, here all are asked side by side. It reads and never sends data.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.probe.handshake import Failed, shake
from auditor.probe.hosts import Host, resource_of

MOST_AT_ONCE = 16


def probe(hosts: Iterable[Host], timeout: float) -> tuple[list[Resource], list[Gap]]:
    """One `auditor/handshake` for each host that answers, a gap for each other; `timeout` in seconds a connection."""
    wanted = sorted(set(hosts))
    with warnings.catch_warnings(), ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are asked for on purpose
        answers = list(pool.map(lambda host: shake(host.name, host.port, timeout), wanted))
    found, gaps = [], []
    for host, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, Failed):
            gaps.append(Gap(what=f"{host.name}:{host.port}", reason=answer.reason, kind="unreachable"))
        else:
            found.append(resource_of(host, answer))
    return found, gaps
