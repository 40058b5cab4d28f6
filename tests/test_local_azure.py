"""The local Azure is as strict as the service: what it lets pass, and what it refuses, by the real clients."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.core.rest import HttpRequest

from tests.azure.entra import Entra, certificate
from tests.azure.estate import Estate, demo_estate
from tests.azure.fault_plan import Fault, FaultPlan
from tests.azure.local import LocalAzure, local_azure
from tests.azure.resource_graph import Quota
from tests.azure.rights import Rights
from tests.azure.synthetic import synthetic_estate

pytestmark = pytest.mark.slow

ARM = "https://management.azure.com/.default"
DEMO = "/subscriptions/3f1e6b7a-5c2d-4e8f-9a10-b2c3d4e5f601"
APIM = f"{DEMO}/resourceGroups/rg-apim-prod-weu/providers/Microsoft.ApiManagement/service/apim-apiplatform-prod-weu"


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAzure]:
    with local_azure(demo_estate(), quota=Quota(window=0.3)) as running:
        meet(running, monkeypatch)
        yield running
    assert not [each for each in running.violations if "Traceback" in each]


def meet(azure: LocalAzure, monkeypatch: pytest.MonkeyPatch, sign_in: str = "secret") -> None:
    for name in [name for name in os.environ if name.startswith(("AZURE_", "IDENTITY_"))]:
        monkeypatch.delenv(name)
    for name, value in azure.environment(sign_in=sign_in).items():
        monkeypatch.setenv(name, value)


def credential() -> Any:
    from azure.identity import EnvironmentCredential

    return EnvironmentCredential()


def client(scope: str = ARM, **options: Any) -> Any:
    """Plain calls with a token: what the SDK clients are made of."""
    from azure.core import PipelineClient
    from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy

    policies = [RetryPolicy(retry_total=0), BearerTokenCredentialPolicy(credential(), scope)]
    return PipelineClient("https://management.azure.com", policies=policies, **options)


def get(path: str, scope: str = ARM, method: str = "GET") -> Any:
    return client(scope).send_request(HttpRequest(method, "https://management.azure.com" + path))


def query(kql: str, **options: Any) -> Any:
    from azure.mgmt.resourcegraph import ResourceGraphClient
    from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

    scope = {name: options.pop(name) for name in ("subscriptions", "management_groups") if name in options}
    request = QueryRequest(
        query=kql, options=QueryRequestOptions(**{"result_format": "objectArray", "top": 1000} | options), **scope
    )
    return ResourceGraphClient(credential(), retry_total=0).resources(request)


# ── signing in ──


def test_every_way_to_sign_in_that_the_sdk_has(
    azure: LocalAzure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from azure.identity import AzureCliCredential, ManagedIdentityCredential, WorkloadIdentityCredential

    assert credential().get_token(ARM).token
    meet(azure, monkeypatch, "federated")
    assert WorkloadIdentityCredential().get_token(ARM).token
    monkeypatch.setenv("PATH", f"{azure.az()}:{os.environ['PATH']}")
    assert AzureCliCredential().get_token(ARM).token
    azure.entra.managed_identity = True
    meet(azure, monkeypatch, "managed")
    assert ManagedIdentityCredential().get_token(ARM).token
    azure.entra.certificate, path = certificate(tmp_path)
    meet(azure, monkeypatch, "certificate")
    monkeypatch.setenv("AZURE_CLIENT_CERTIFICATE_PATH", str(path))
    assert credential().get_token(ARM).token
    assert not azure.violations


def test_who_cannot_prove_itself_gets_no_token(
    azure: LocalAzure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from azure.identity import WorkloadIdentityCredential

    monkeypatch.setenv("AZURE_CLIENT_SECRET", "guessed")
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        credential().get_token(ARM)
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    _, path = certificate(tmp_path)
    monkeypatch.setenv("AZURE_CLIENT_CERTIFICATE_PATH", str(path))
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        credential().get_token(ARM)
    file = tmp_path / "token"
    file.write_text(azure.entra.federated_token(subject="repo:stranger/platform:ref:refs/heads/main"))
    with pytest.raises(ClientAuthenticationError, match="AADSTS70021"):
        WorkloadIdentityCredential(token_file_path=str(file)).get_token(ARM)
    file.write_text(azure.entra.federated_token(expires_in=-1))
    with pytest.raises(ClientAuthenticationError, match="AADSTS700024"):
        WorkloadIdentityCredential(token_file_path=str(file)).get_token(ARM)


def test_a_token_is_good_for_its_own_service_and_its_own_time(azure: LocalAzure) -> None:
    path = "/subscriptions?api-version=2022-12-01"
    url = "https://management.azure.com" + path
    assert get(path).status_code == 200
    foreign = get(path, "https://vault.azure.net/.default")
    assert foreign.status_code == 401
    assert foreign.json()["error"]["code"] == "InvalidAuthenticationTokenAudience"
    assert "Bearer authorization_uri=" in foreign.headers["WWW-Authenticate"]
    kept = client()
    assert kept.send_request(HttpRequest("GET", url)).status_code == 200
    azure.entra.expire_all()
    assert kept.send_request(HttpRequest("GET", url)).json()["error"]["code"] == "ExpiredAuthenticationToken"
    with pytest.raises(ClientAuthenticationError, match="AADSTS500011"):
        get(path, "https://nowhere.example/.default")


def test_a_token_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with local_azure(demo_estate(), entra=Entra(lifetime=0)) as azure:
        meet(azure, monkeypatch)
        assert get("/subscriptions?api-version=2022-12-01").status_code == 401


# ── Resource Graph ──


def test_kql_really_runs(azure: LocalAzure) -> None:
    kql = "resources | where type =~ 'Microsoft.KeyVault/vaults' and kind == '' | project id, name, kind"
    assert [row["name"] for row in query(f"{kql} | order by name asc").data] == [
        "kv-apiplatform-prod-weu",
        "kv-edge-prod-weu",
    ]
    (count,) = query("resources | summarize n = count() by subscriptionId").data
    assert count["n"] > 100
    table = query(
        "securityresources | where type endswith 'pricings' | project id, name | order by name asc",
        result_format="table",
        top=2,
    ).data
    assert [column["name"] for column in table["columns"]] == ["id", "name"] and table["rows"][0][1] == "AI"


def test_what_is_not_in_resource_graph_is_not_there(azure: LocalAzure) -> None:
    kql = "resources | where type has 'diagnosticsettings' or type startswith 'microsoft.apimanagement/service/'"
    assert query(kql).data == []


def test_pages_follow_the_rules_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    with local_azure(synthetic_estate(3, 500, 0), quota=Quota(window=0.1)) as azure:
        meet(azure, monkeypatch)
        kql = "resources | project id, name | order by id asc"
        first = query(kql)
        assert (first.count, first.result_truncated) == (1000, "false")
        second = query(kql, skip_token=first.skip_token)
        assert second.skip_token is None and first.count + second.count == first.total_records
        assert not {row["id"] for row in first.data} & {row["id"] for row in second.data}
        without_id = query("resources | project name")
        assert (without_id.result_truncated, without_id.skip_token) == ("true", None)
        with pytest.raises(HttpResponseError, match=r"skip token|BadRequest"):
            query("resources | project id", skip_token=first.skip_token)
        with pytest.raises(HttpResponseError):
            query(kql, top=1001)


@pytest.mark.parametrize(
    "kql",
    [
        "resources | where type ==",
        "let x = 1; resources | count",
        "resources | mv-apply x = properties.a on (where x == 1)",
        "resources | join (resources) on id | join (resources) on id | join (resources) on id | join (resources) on id",
    ],
)
def test_kql_that_resource_graph_has_not_is_refused(azure: LocalAzure, kql: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        query(kql)
    assert refused.value.status_code == 400


def test_rows_without_a_right_are_left_out_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    estate = synthetic_estate(3, 10, 0)
    hidden, *seen = estate.subscriptions
    with local_azure(estate, rights=Rights(hidden={hidden})) as azure:
        meet(azure, monkeypatch)
        found = query("resources | project id, subscriptionId", subscriptions=estate.subscriptions)
        assert {row["subscriptionId"] for row in found.data} == set(seen)
        assert len(query("resourcecontainers | where type =~ 'microsoft.resources/subscriptions'").data) == 2
        with pytest.raises(HttpResponseError) as refused:
            query("resources | project id", subscriptions=[hidden])
        assert refused.value.status_code == 403
        assert get(f"/subscriptions/{hidden}?api-version=2022-12-01").status_code == 403
        assert len(get("/subscriptions?api-version=2022-12-01").json()["value"]) == 2


def test_the_quota_bites(monkeypatch: pytest.MonkeyPatch) -> None:
    with local_azure(demo_estate(), quota=Quota(calls=2, window=60)) as azure:
        meet(azure, monkeypatch)
        seen: list[Any] = []
        for _ in range(2):
            query("resources | count")
        for _ in range(2):
            with pytest.raises(HttpResponseError) as refused:
                query("resources | count")
            seen.append(refused.value.response)
        assert [answer.status_code for answer in seen] == [429, 429]
        assert ["Retry-After" in answer.headers for answer in seen] == [True, False]  # as the service: not always
        assert seen[0].headers["x-ms-user-quota-remaining"] == "0"
        assert seen[0].headers["x-ms-user-quota-resets-after"].startswith("00:00:")
        assert azure.throttled == 2


# ── Resource Manager ──


def test_every_resource_and_every_collection_of_the_estate_is_there(azure: LocalAzure) -> None:
    one = get(f"{APIM}/policies/policy?api-version=2024-05-01&format=rawxml").json()
    assert one["properties"]["value"].lstrip().startswith("<")
    names = [item["name"] for item in get(f"{APIM}/apis?api-version=2024-05-01").json()["value"]]
    assert len(names) >= 3
    settings = f"{APIM}/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview"
    assert get(settings).json()["value"][0]["name"] == "to-log-analytics"
    assert get(f"{APIM}/gateways?api-version=2024-05-01").json() == {"value": [], "count": 0}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{APIM}/apis", 400, "MissingApiVersionParameter"),
        (f"{APIM}/apis?api-version=2014-02-14", 400, "NoRegisteredProviderFound"),
        (f"{APIM}/unheardOf?api-version=2024-05-01", 404, "InvalidResourceType"),
        (f"{APIM}/apis/none?api-version=2024-05-01", 404, "ResourceNotFound"),
        (f"{APIM}-not/apis?api-version=2024-05-01", 404, "ResourceNotFound"),
        (f"{DEMO}/providers/Microsoft.Nothing/at/all?api-version=2024-05-01", 404, "InvalidResourceType"),
    ],
)
def test_what_resource_manager_refuses(azure: LocalAzure, path: str, status: int, code: str) -> None:
    answer = get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_forbidden_is_not_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    rights = Rights(denied=[("Microsoft.ApiManagement/service/namedValues/*", DEMO)])
    with local_azure(demo_estate(), rights=rights) as azure:
        meet(azure, monkeypatch)
        answer = get(f"{APIM}/namedValues?api-version=2024-05-01")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
        assert "Microsoft.ApiManagement/service/namedValues/read".casefold() in answer.text().casefold()
        assert get(f"{APIM}/apis?api-version=2024-05-01").status_code == 200


def test_collections_come_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    estate = synthetic_estate(1, 0, 250)
    with local_azure(estate) as azure:
        meet(azure, monkeypatch)
        (service,) = estate.of_type("Microsoft.ApiManagement/service")
        path, seen = f"{service['id']}/apis?api-version=2024-05-01", []
        while path:
            page = get(path.removeprefix("https://management.azure.com")).json()
            seen.append([item["name"] for item in page["value"]])
            path = page.get("nextLink", "")
        assert [len(names) for names in seen[:2]] == [100, 100] and len({n for names in seen for n in names}) == 250
        assert not azure.violations


def test_reads_beyond_the_limit_of_a_subscription_are_throttled(azure: LocalAzure) -> None:
    azure.manager.bucket, azure.manager.refill = 3.0, 0.0
    answers = [get(f"{DEMO}?api-version=2022-12-01") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    left = [answer.headers["x-ms-ratelimit-remaining-subscription-reads"] for answer in answers]
    assert left == ["2", "1", "0", "0"] and answers[3].headers["Retry-After"]
    assert get("/subscriptions?api-version=2022-12-01").status_code == 200  # the tenant has a bucket of its own


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{APIM}/namedValues/erp-password/listValue?api-version=2024-05-01"),
        ("POST", f"{APIM}/subscriptions/master/listSecrets?api-version=2024-05-01"),
        ("PUT", f"{APIM}?api-version=2024-05-01"),
        ("PATCH", f"{APIM}?api-version=2024-05-01"),
        ("DELETE", f"{APIM}?api-version=2024-05-01"),
        ("POST", f"{DEMO}/x/applicationGateways/g/backendhealth?api-version=2024-05-01"),
    ],
)
def test_what_a_reader_must_never_ask_is_refused_and_kept(azure: LocalAzure, method: str, path: str) -> None:
    assert get(path, method=method).status_code == 403
    assert len(azure.violations) == 1


def test_a_host_that_is_none_of_an_auditors_business(azure: LocalAzure) -> None:
    with pytest.raises(ServiceRequestError):
        client().send_request(HttpRequest("GET", "https://graph.example.com/v1.0/me"))
    assert azure.violations


# ── Key Vault and Log Analytics ──


def test_a_vault_challenges_and_lists(azure: LocalAzure) -> None:
    from azure.keyvault.certificates import CertificateClient

    vault = CertificateClient("https://kv-edge-prod-weu.vault.azure.net", credential())
    (first, *_) = vault.list_properties_of_certificates()
    assert first.name and vault.get_certificate(first.name).cer
    from azure.core import PipelineClient

    url = "https://kv-edge-prod-weu.vault.azure.net/certificates?api-version=7.6"
    refused = PipelineClient("https://x").send_request(HttpRequest("GET", url))
    assert refused.status_code == 401
    assert 'resource="https://vault.azure.net"' in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize("why", ["rbac", "firewall", "policy"])
def test_a_vault_may_refuse(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    from azure.keyvault.certificates import CertificateClient

    with local_azure(demo_estate(), rights=Rights(vaults={"kv-edge-prod-weu": why})) as azure:
        meet(azure, monkeypatch)
        vault = CertificateClient("https://kv-edge-prod-weu.vault.azure.net", credential())
        with pytest.raises(HttpResponseError) as refused:
            list(vault.list_properties_of_certificates())
        assert refused.value.status_code == 403


def test_a_secrets_value_is_never_to_be_asked_for(azure: LocalAzure) -> None:
    pipeline = client("https://vault.azure.net/.default")
    url = "https://kv-edge-prod-weu.vault.azure.net/secrets/api-contoso-com?api-version=7.6"
    assert pipeline.send_request(HttpRequest("GET", url)).status_code == 403
    assert len(azure.violations) == 1


def with_logs() -> tuple[Estate, str]:
    estate = demo_estate()
    (workspace,) = estate.of_type("Microsoft.OperationalInsights/workspaces")
    customer = workspace["properties"]["customerId"]
    estate.clock = now = dt.datetime.now(dt.UTC)
    rows = [{"TimeGenerated": now - dt.timedelta(hours=hours), "Category": "AuditEvent"} for hours in (1, 2, 50)]
    estate.logs[customer] = {"AzureDiagnostics": rows}
    return estate, customer


def test_logs_are_queried_within_their_timespan(monkeypatch: pytest.MonkeyPatch) -> None:
    from azure.monitor.query import LogsQueryClient, LogsQueryStatus

    estate, customer = with_logs()
    with local_azure(estate) as azure:
        meet(azure, monkeypatch)
        logs = LogsQueryClient(credential())
        answer = logs.query_workspace(
            customer, "AzureDiagnostics | summarize n = count() by Category", timespan=dt.timedelta(days=1)
        )
        assert [list(row) for row in answer.tables[0].rows] == [["AuditEvent", 2]]
        azure.logs.partial.add(customer)
        partial = logs.query_workspace(customer, "AzureDiagnostics | count", timespan=dt.timedelta(days=1))
        assert partial.status == LogsQueryStatus.PARTIAL
        with pytest.raises(HttpResponseError) as missing:
            logs.query_workspace(customer, "ContainerLogV2 | count", timespan=None)
        assert missing.value.status_code == 400
        azure.rights.workspaces.add(customer)
        with pytest.raises(HttpResponseError) as refused:
            logs.query_workspace(customer, "AzureDiagnostics | count", timespan=None)
        assert refused.value.status_code == 403


# ── faults ──


@pytest.mark.parametrize("effect", [429, 500, 503, "reset", "truncate", "malformed", "html", "empty", "expire"])
def test_faults_strike_as_often_as_they_are_told(monkeypatch: pytest.MonkeyPatch, effect: int | str) -> None:
    plan = FaultPlan([Fault("GET management.azure.com/subscriptions$", effect, times=2)])
    with local_azure(demo_estate(), faults=plan) as azure:
        meet(azure, monkeypatch)
        good = 0
        for _ in range(3):
            try:
                answer = get("/subscriptions?api-version=2022-12-01")
                good += answer.status_code == 200 and bool(answer.json()["value"])
            except (AzureError, ValueError):
                continue
        assert (good, plan.faults[0].struck) == (1, 2)
