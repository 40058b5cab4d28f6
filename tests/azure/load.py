"""A large estate, audited live at the service's own pace.

    python -m tests.azure.load --subscriptions 200 --resources 500 --apis 500 --clusters 10

The local Azure, the server of the clusters and the product are processes of their own. Told are: the requests of the
product, how many of them came too early (429), the time of the collection against the least that the quotas allow, and
the largest memory of the product.

The least: Resource Graph gives 15 queries a window of 5 s, so `q` queries take the windows before the last; Resource
Manager gives a subscription 250 reads at once and 25 a second after that. Both are asked side by side. Clusters have no
quota. One real API server with 2,000 objects stands for all of them, under a context for each.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from tests.azure.local import LocalAzure, local_azure
from tests.azure.resource_graph import CALLS, WINDOW
from tests.azure.resource_manager import BUCKET, REFILL
from tests.azure.synthetic import synthetic_estate
from tests.clusters.objects import fill
from tests.clusters.server import ADMIN, Server, running
from tests.tools import kube_apiserver


class Load(NamedTuple):
    """Seconds and bytes. `collecting` is from the first call to the last, `least` by the quotas."""

    code: int
    resources: int
    queries: int
    reads: int
    others: int
    listings: int
    throttled: int
    collecting: float
    least: float
    whole: float
    memory: int
    violations: list[str]
    said: str

    def __str__(self) -> str:
        return (
            f"{self.resources:,} resources: {self.queries} queries, {self.reads:,} reads, {self.others} other calls, "
            f"{self.listings:,} requests to clusters; "
            f"{self.throttled} came too early; {self.collecting:.1f} s of calls, {self.least:.1f} s at least "
            f"({self.collecting / self.least if self.least else 0:.2f} ×); whole command {self.whole:.1f} s, "
            f"{self.memory >> 20} MiB at most; exit code {self.code}"
        )


def load(
    subscriptions: int, resources: int, apis: int, *options: str, clusters: int = 0, server: Server | None = None
) -> Load:
    """`auditor collect` of a synthetic estate of that size. Options go to the command.

    `server`: one that runs already stands for the clusters.
    """
    estate = synthetic_estate(subscriptions, resources, apis)
    with ExitStack() as stack:
        azure = stack.enter_context(local_azure(estate))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = server or stack.enter_context(_server(clusters, folder))
        earlier = len(server.requests()) if server else 0
        command = [sys.executable, "-m", "auditor", "collect", "--all", "-o", f"{folder}/snapshot", *options]
        if server:
            contexts = [(f"cluster-{number:02}", ADMIN) for number in range(clusters)]
            kubeconfig = server.kubeconfig(Path(folder, "kubeconfig"), *contexts)
            command += ["--kube-context", "all", "--kubeconfig", str(kubeconfig)]
        begun = time.monotonic()
        with subprocess.Popen(
            command, env=_surroundings(azure), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            watched = _Memory(process.pid)
            _, said = process.communicate()
        whole = time.monotonic() - begun
        manifest = Path(folder, "snapshot", "manifest.json")
        found = json.loads(manifest.read_bytes())["resources"] if manifest.exists() else 0
        events = server.requests()[earlier:] if server else []
        return _measured(azure, events, process.returncode, found, whole, watched.most, said)


@contextlib.contextmanager
def _server(clusters: int, folder: str) -> Iterator[Server | None]:
    """The API server that stands for the clusters, when there are some."""
    if not clusters:
        yield None
        return
    place = Path(folder, "cluster")
    place.mkdir()
    with running(kube_apiserver(), place) as server:
        fill(server)
        yield server


class _Memory(threading.Thread):
    """The largest memory of a process, in bytes. What the system tells of a child in the end is also that of its
    parent, of which it began as a copy."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self._status = Path(f"/proc/{process}/status")
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError):  # it has ended
            while found := re.search(r"VmHWM:\s+(\d+) kB", self._status.read_text()):
                self.most = int(found[1]) << 10
                time.sleep(0.1)


def _measured(
    azure: LocalAzure, events: list[dict[str, Any]], code: int, found: int, whole: float, memory: int, said: str
) -> Load:
    names = [served.call.name for served in azure.calls]
    queries = sum("ResourceGraph" in name for name in names)
    reads = [name for name in names if name.startswith("GET management.")]
    listings = [event for event in events if event["userAgent"] == "auditor"]
    times = [served.at for served in azure.calls] + _times(listings)
    places = Counter((re.search(r"/subscriptions/([^/]+)", name) or [name, ""])[1] for name in reads)
    graph = (max(queries, 1) - 1) // CALLS * WINDOW
    manager = max((max(0.0, (count - BUCKET) / REFILL) for count in places.values()), default=0.0)
    return Load(
        code=code,
        resources=found,
        queries=queries,
        reads=len(reads),
        others=len(names) - queries - len(reads),
        listings=len(listings),
        throttled=azure.throttled + sum(event["responseStatus"]["code"] == 429 for event in listings),
        collecting=max(times) - min(times) if times else 0.0,
        least=max(graph, manager),
        whole=whole,
        memory=memory,
        violations=list(azure.violations),
        said=said,
    )


def _times(listings: list[dict[str, str]]) -> list[float]:
    """When requests to a cluster were answered, on the clock of the local Azure."""
    ahead = time.time() - time.monotonic()
    return [dt.datetime.fromisoformat(event["stageTimestamp"]).timestamp() - ahead for event in listings]


def _surroundings(azure: LocalAzure) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "IDENTITY_", "MSI_"))}
    near = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}  # where the clusters are
    return others | azure.environment() | near


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.azure.load", description=__doc__)
    parser.add_argument("--subscriptions", type=int, default=200)
    parser.add_argument("--resources", type=int, default=500, help="in each subscription")
    parser.add_argument("--apis", type=int, default=500, help="of the one API Management")
    parser.add_argument("--clusters", type=int, default=10, help="of 2,000 objects each")
    given, options = parser.parse_known_args()
    measured = load(given.subscriptions, given.resources, given.apis, *options, clusters=given.clusters)
    print(measured.said)
    print(measured)
    print("\n".join(measured.violations))
    sys.exit(bool(measured.throttled or measured.violations or measured.code))


if __name__ == "__main__":
    main()
