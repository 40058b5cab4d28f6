"""A local Azure for the tests: strict where the service is strict, and no switch of the product's knows of it.

It is an HTTPS proxy that ends TLS itself, with an authority of its own, for the real host names: the product signs in
at `login.microsoftonline.com`, queries `management.azure.com` and opens `NAME.vault.azure.net`, and gets there because
the environment names the proxy and the authority. Real audiences, real challenges, real clients.

    with local_azure(demo_estate()) as azure:
        run(["auditor", "collect", …], env=os.environ | azure.environment())
        assert not azure.violations

By hand: `python -m tests.azure --estate demo`. No `__init__.py` stands here on purpose: the folder of the tests is on
the path, and a regular package `azure` in it would hide the SDK's.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.azure.assessments import Assessments
from tests.azure.blobs import HOST, Blobs
from tests.azure.clouds import IMDS, PUBLIC, Cloud
from tests.azure.entra import CLIENT, TENANT, Entra
from tests.azure.estate import Estate
from tests.azure.fault_plan import FaultPlan, before
from tests.azure.http import Answer, Call, Dropped, Refused, Violation
from tests.azure.ingestion import Ingestion
from tests.azure.key_vault import KeyVault
from tests.azure.log_analytics import LogAnalytics
from tests.azure.resource_graph import Quota, ResourceGraph
from tests.azure.resource_manager import ResourceManager
from tests.azure.rights import Rights
from tests.azure.server import TRUNCATE, Authority, Proxy

GRAPH: Final = "/providers/microsoft.resourcegraph/resources"


@dataclass(frozen=True)
class Served:
    """A call that was answered, when, and how. 0 for a connection that was cut."""

    call: Call
    status: int
    at: float


class LocalAzure:
    """The services of one cloud. `calls` are what was asked, `violations` what must never be asked."""

    def __init__(
        self,
        estate: Estate,
        *,
        rights: Rights | None = None,
        faults: FaultPlan | None = None,
        quota: Quota | None = None,
        entra: Entra | None = None,
        cloud: Cloud = PUBLIC,
    ) -> None:
        self.estate, self.cloud = estate, cloud
        self.rights, self.faults, self.entra = rights or Rights(), faults or FaultPlan(), entra or Entra()
        self.manager = ResourceManager(cloud, estate, self.rights, self.entra)
        self.assessments = Assessments(self.manager, estate, self.rights)
        self.graph = ResourceGraph(self.manager, estate, self.rights, quota)
        self.vaults = KeyVault(cloud, estate, self.rights, self.entra)
        self.logs = LogAnalytics(cloud, estate, self.rights, self.entra)
        self.ingestion = Ingestion(cloud, estate, self.rights, self.entra)
        self.blobs: Blobs | None = None
        self.calls: list[Served] = []
        self._violations: list[str] = []
        self._authority = Authority()
        self._proxy = Proxy(self._respond, self._known, self._authority)
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self._authority.ca.cert_pem.write_to_path(self.folder / "ca.pem")

    # ── life ──

    def start(self) -> None:
        threading.Thread(target=self._proxy.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._proxy.shutdown()
        self._proxy.server_close()
        self.graph.close()
        self._folder.cleanup()

    def environment(self, *, sign_in: str = "secret") -> dict[str, str]:
        """The environment of a product that is to meet this Azure.

        `sign_in`: `secret`, `federated`, `managed`, `none`, or `certificate`, which leaves its path to the caller.
        """
        proxy, ca = f"http://127.0.0.1:{self._proxy.server_port}", str(self.folder / "ca.pem")
        chosen = {
            "HTTPS_PROXY": proxy,
            "HTTP_PROXY": proxy,
            "NO_PROXY": "",
            "REQUESTS_CA_BUNDLE": ca,
            "SSL_CERT_FILE": ca,
        }
        chosen |= {"https_proxy": proxy, "http_proxy": proxy, "no_proxy": ""}
        service = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT}
        if sign_in == "secret":
            chosen |= service | {"AZURE_CLIENT_SECRET": self.entra.secret}
        elif sign_in == "certificate":
            chosen |= service
        elif sign_in == "federated":
            file = self.folder / "federated-token"
            file.write_text(self.entra.federated_token())
            chosen |= service | {"AZURE_FEDERATED_TOKEN_FILE": str(file)}
        return chosen

    def az(self) -> Path:
        """A folder with an `az` that is signed in: `az account get-access-token` and nothing else."""
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        tokens = {name: self.entra.issue(name) for name in self.cloud.audiences()}
        file = folder / "az"
        file.write_text(
            _AZ.format(python=sys.executable, tokens=tokens, tenant=TENANT, expires=int(time.time()) + 3000)
        )
        file.chmod(0o755)
        return folder

    # ── what was asked ──

    def asked(self, part: str) -> list[Served]:
        """The calls with this in their name (`METHOD host/path`), whatever its case."""
        return [served for served in self.calls if part.casefold() in served.call.name.casefold()]

    @property
    def violations(self) -> list[str]:
        """What must never be asked, and what broke here while it answered."""
        return [*self._violations, *self._proxy.crashes]

    @property
    def throttled(self) -> int:
        """How many calls were answered 429 because they came too early."""
        return self.graph.quota.refused + self.manager.throttled

    def _known(self, host: str) -> bool:
        named = {self.cloud.login, self.cloud.arm, *self.cloud.logs}
        known = host in named or host.endswith((self.cloud.vault_suffix, self._ingest)) or self._is_blob(host)
        if not known:
            self._violations.append(f"CONNECT {host}: no auditor has anything to ask there")
        return known

    def _is_blob(self, host: str) -> bool:
        return self.blobs is not None and host == HOST

    @property
    def _ingest(self) -> str:
        """How the hosts of data collection rules end."""
        return f".ingest.{self.cloud.ingestion}"

    def _respond(self, call: Call) -> Answer:
        try:
            answer = self._faulty(call)
        except Dropped:
            self.calls.append(Served(call, 0, time.monotonic()))
            raise
        except Violation as refused:
            self._violations.append(f"{call.name}: {refused}")
            answer = refused.answer
        except Refused as refused:
            answer = refused.answer
        self.calls.append(Served(call, answer.status, time.monotonic()))
        return answer

    def _faulty(self, call: Call) -> Answer:
        fault = self.faults.striking(call)
        if fault is None:
            return self._service(call)
        if fault.effect == "expire":
            self.entra.expire_all()
        if fault.effect == "vanish":
            self.graph.lose()
        answer = before(fault) or self._service(call)
        if fault.effect == "lost":
            raise Dropped
        if fault.effect == "truncate":
            answer.headers[TRUNCATE] = "yes"
        if fault.effect == "drip":
            answer.pace = fault.seconds
        if fault.effect == "drip head":
            answer.head_pace = fault.seconds
        if fault.effect == "headers":
            answer.headers |= fault.headers
        answer.closes = fault.closes
        return answer

    def _service(self, call: Call) -> Answer:
        if call.host == IMDS:
            if not self.entra.managed_identity:
                raise Dropped
            return self.entra.metadata(call)
        if call.host == self.cloud.login:
            return self.entra.answer(call)
        if call.host in self.cloud.logs:
            return self.logs.answer(call)
        if self.blobs and self._is_blob(call.host):
            return self.blobs.answer(call)
        if call.host.endswith(self._ingest):
            return self.ingestion.answer(call)
        if call.host.endswith(self.cloud.vault_suffix):
            return self.vaults.answer(call)
        if call.host != self.cloud.arm:
            raise Violation(403, "HostNotAllowed", f"No auditor has anything to ask at {call.host}.")
        if call.path.casefold() == GRAPH and call.method == "POST":
            return self.graph.answer(call)
        if self.assessments.asked(call):
            return self.assessments.answer(call)
        return self.manager.answer(call)


@contextmanager
def local_azure(estate: Estate, **options: object) -> Iterator[LocalAzure]:
    """A local Azure that runs; the options are those of `LocalAzure`."""
    azure = LocalAzure(estate, **options)  # type: ignore[arg-type]
    azure.start()
    try:
        yield azure
    finally:
        azure.stop()


_AZ: Final = """#!{python}
import json, sys
tokens = {tokens}
words = sys.argv[1:]
if words[:2] != ["account", "get-access-token"]:
    print("az: not known here", file=sys.stderr)
    sys.exit(2)
asked = [words[at + 1] for at, word in enumerate(words) if word in ("--resource", "--scope")]
name = asked[0].removesuffix("/.default").rstrip("/")
if name not in tokens:
    print("ERROR: AADSTS500011: The resource principal was not found.", file=sys.stderr)
    sys.exit(1)
print(json.dumps(dict(accessToken=tokens[name], expires_on={expires}, tenant="{tenant}", tokenType="Bearer",
                      expiresOn="2099-01-01 00:00:00.000000")))
"""
