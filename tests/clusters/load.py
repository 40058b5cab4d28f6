"""How long reading some clusters takes, by hand: `python -m tests.clusters.load [CLUSTERS]`.

One server stands for all of them, so what the clusters themselves cost is in the time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import tools  # noqa: E402

from tests.clusters.objects import fill  # noqa: E402
from tests.clusters.server import ADMIN, running  # noqa: E402


def main(clusters: int) -> None:
    """Prints requests, objects, seconds and megabytes."""
    with tempfile.TemporaryDirectory() as place, running(tools.kube_apiserver(), Path(place)) as server:
        fill(server)
        names = [f"cluster-{number:02}" for number in range(clusters)]
        kubeconfig = server.kubeconfig(server.folder / "kubeconfig", *((name, ADMIN) for name in names))
        seen = len(server.requests())
        command = [sys.executable, "-m", "auditor", "collect", "--kube-context", "all", "--kubeconfig", str(kubeconfig)]
        begun = time.monotonic()
        process = subprocess.Popen([*command, "--output", str(server.folder / "snap")], cwd=ROOT)
        _pid, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        asked = [event for event in server.requests()[seen:] if event["userAgent"] == "auditor"]
        codes = Counter(event["responseStatus"]["code"] for event in asked)
        code = os.waitstatus_to_exitcode(status)
        print(f"exit code {code}, {clusters} clusters, {len(asked)} requests {dict(codes)}")
        print(f"{seconds:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of CPU, {used.ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
