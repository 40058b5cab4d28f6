"""A redacted snapshot says whose it is in no byte, and is answered as the original."""

from __future__ import annotations

import gzip
import ipaddress
import json
import re
from pathlib import Path

import pytest
import tools
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.cli import root
from auditor.demo.estate_inventory import AS_OF, CLUSTER, as_designed, inventory
from auditor.demo.faults import as_found, planted
from auditor.evaluate.bound_rule import bind
from auditor.ingest.inventory import Inventory, open_inventory
from auditor.ingest.snapshot import write_snapshot
from auditor.model.accounting import Accounting, NotEvaluated
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource
from auditor.pipeline.audit import audit
from auditor.ruleset.loader import load_rules
from auditor.sanitize.pseudonymize.addresses import Addresses
from auditor.sanitize.pseudonymize.resources import pseudonyms, redact, redact_gap

OF_CERTIFICATES = (
    "certificates.",
    "paths.certificates-valid",
    "paths.mutual",
    "paths.names-match",
    "paths.trust-matches",
)
"""Rules whose answers change, to unknown: they judge what stands in certificates."""
OF_THE_CUSTOMER = ["contoso", "apiplatform", "orders", "payments", "catalogue"]
"""Words in the demo that tell whose it is."""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, list(arguments))


@pytest.fixture(scope="module")
def original() -> Inventory:
    return inventory(as_found(as_designed(), planted()))


@pytest.fixture(scope="module")
def snapshots(original: Inventory, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The demo estate as a snapshot, and the same redacted."""
    folder = tmp_path_factory.mktemp("redact")
    gap = Gap(what=f"/clusters/{CLUSTER}", reason='User "lena@contoso.com" of 10.60.1.7 cannot list', type="core/Node")
    known = Inventory(
        ["subscription 11111111-2222-3333-4444-555555555555"],
        original._sources,
        gaps=[gap],
        covers=original.covers,
        accounting=Accounting(
            total=3,
            gaps=1,
            not_evaluated={"data source": NotEvaluated(count=2, examples=[f"/clusters/{CLUSTER}"])},
        ),
    )
    write_snapshot(known, str(folder / "original"), tool_version="1", as_of=AS_OF)
    (folder / "salt").write_bytes(b"0123456789abcdef")
    done = run("redact", str(folder / "original"), "--output", str(folder / "shown"), "--salt", str(folder / "salt"),
               "--names", str(folder / "names.json"))  # fmt: skip
    assert done.exit_code == 0, done.output
    (folder / "said").write_text(done.stderr)
    return folder / "original", folder / "shown"


def bytes_of(folder: Path) -> str:
    return "".join(
        (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
        for path in sorted(folder.iterdir())
    )


@pytest.mark.slow
@pytest.mark.xdist_group("redact")
def test_rules_answer_as_for_the_original(snapshots: tuple[Path, Path]) -> None:
    counted = []
    for folder in snapshots:
        judged, findings = audit(
            [bind(rule, AS_OF) for rule in load_rules()], open_inventory([str(folder)]), clock=AS_OF
        )
        findings.__exit__(None, None, None)
        counted.append({run.rule.id: run.counts for run in judged.rules})
    changed = {rule for rule in counted[0] if counted[0][rule] != counted[1][rule]}
    assert {rule for rule in changed if not rule.startswith(OF_CERTIFICATES)} == set()
    assert sum(counts.total for counts in counted[1].values()) > 1000
    for rule in changed:  # nothing turns into a pass
        assert counted[1][rule].passed <= counted[0][rule].passed, rule
        assert counted[1][rule].fail <= counted[0][rule].fail, rule


@pytest.mark.slow
@pytest.mark.xdist_group("redact")
def test_no_name_is_left_in_any_byte(original: Inventory, snapshots: tuple[Path, Path]) -> None:
    text = bytes_of(snapshots[1]).casefold()
    before = bytes_of(snapshots[0]).casefold()
    names = {name for one in original.resources() for name in identifying(one)} | {CLUSTER}
    names -= {str(one.body.get("location")) for one in original.resources()}
    assert len(names) > 150
    for word in OF_THE_CUSTOMER:
        assert word in before
        assert word not in text
    left = {name for name in names if re.search(rf"(?<![\w-]){re.escape(name.casefold())}(?![\w-])", text)}
    told = (snapshots[1].parent / "said").read_text().partition("know them: ")[2].rstrip(".\n").split(", ")
    assert left <= set(told)
    assert len(left) < len(names) / 4


def identifying(resource: Resource) -> set[str]:
    """Names, groups, subscriptions and namespaces of a resource, as far as somebody chose them."""
    body = resource.body
    found = {resource.name, resource.namespace, resource.subscription_id, resource.resource_group}
    found |= {body.get("tenantId"), *(body.get("tags") or {}).values()}
    addresses = re.findall(r"\b(?:10|20|51|203)\.\d+\.\d+\.(?!0\b)\d+\b", json.dumps(body))
    names = {name for name in (*found, *addresses) if isinstance(name, str) and len(name) > 2 and not name.isdigit()}
    of_azure = resource.type.casefold() == "microsoft.security/pricings"
    return {name for name in names if not (of_azure and name == resource.name) and not name.startswith("privatelink.")}


@pytest.mark.slow
@pytest.mark.xdist_group("redact")
def test_the_counts_of_the_elements_stay(snapshots: tuple[Path, Path]) -> None:
    one, other = (json.loads((folder / "manifest.json").read_text())["accounting"] for folder in snapshots)
    examples = [entry["notEvaluated"]["data source"].pop("examples") for entry in (one, other)]
    assert one == other
    assert one["total"] == one["resources"] + 3
    assert [len(names) for names in examples] == [1, 1]
    assert examples[0] != examples[1]


def test_the_same_salt_gives_the_same_bytes_and_names_lead_back(snapshots: tuple[Path, Path], tmp_path: Path) -> None:
    original, shown = snapshots
    again = run("redact", str(original), "-o", str(tmp_path / "again"), "--salt", str(shown.parent / "salt"))
    assert again.exit_code == 0
    assert bytes_of(tmp_path / "again") == bytes_of(shown)
    other = run("redact", str(original), "-o", str(tmp_path / "other"))
    assert "pseudonyms" in other.stderr
    assert bytes_of(tmp_path / "other") != bytes_of(shown)
    names = json.loads((shown.parent / "names.json").read_text())
    assert (shown.parent / "names.json").stat().st_mode & 0o077 == 0
    assert "contoso" in names.values()
    assert all(pseudonym in bytes_of(shown) for pseudonym in names)


@pytest.mark.slow
@pytest.mark.xdist_group("redact")
def test_what_is_no_snapshot_or_no_secret_is_said(snapshots: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"short")
    target = str(tmp_path / "x")
    for arguments in (
        [str(tmp_path), "-o", target],
        [str(snapshots[0]), "-o", target, "--salt", str(tmp_path / "short")],
        [str(snapshots[0]), "-o", target, "--salt", str(tmp_path / "nowhere")],
    ):
        done = run("redact", *arguments)
        assert done.exception is not None
        assert not Path(target).exists()


ADDRESSES = st.one_of(
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
    st.ip_addresses(network="10.0.0.0/8"),
    st.ip_addresses(network="172.16.0.0/12"),
    st.ip_addresses(network="192.168.0.0/16"),
    st.ip_addresses(network="fd00::/8"),
)


def common(one: ipaddress.IPv4Address, other: ipaddress.IPv4Address) -> int:
    return one.max_prefixlen - (int(one) ^ int(other)).bit_length()


@given(ADDRESSES, st.data())
@settings(max_examples=tools.examples(200))
def test_addresses_keep_their_nature_and_their_neighbours(address: ipaddress.IPv4Address, data: st.DataObject) -> None:
    made = Addresses(b"salt", ["13.64.0.0/11", "no network"])

    def other(one: object) -> ipaddress.IPv4Address:
        return ipaddress.ip_address(made.network(str(one)) or "")

    for nature in ("is_private", "is_global", "is_loopback", "is_link_local", "is_multicast", "is_reserved"):
        assert getattr(other(address), nature) == getattr(address, nature)
    named = ipaddress.ip_network("13.64.0.0/11")
    assert (address in named) == (other(address) in named)
    neighbour = data.draw(st.integers(0, 2**address.max_prefixlen - 1))
    close = type(address)(int(address) ^ (neighbour >> data.draw(st.integers(0, address.max_prefixlen))))
    assert common(other(address), other(close)) == common(address, close)
    length = data.draw(st.integers(1, address.max_prefixlen))
    network = ipaddress.ip_network(f"{address}/{length}", strict=False)
    assert other(address) in ipaddress.ip_network(made.network(str(network)) or "")


def test_a_network_of_mapped_addresses_holds_what_lies_in_it() -> None:
    made = Addresses(b"salt")
    for address, network in (("::ffff:0.0.0.0", "::ffff:0:0/98"), ("::ffff:10.1.2.3", "::ffff:10.1.0.0/112")):
        other = ipaddress.ip_address(made.network(address) or "")
        assert other in ipaddress.ip_network(made.network(network) or "", strict=False)


def test_addresses_that_tell_nothing_stay() -> None:
    made = Addresses(b"salt")
    for text in (
        "0.0.0.0",
        "0.0.0.0/0",
        "127.0.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "255.255.255.255",
        "::/0",
        "::1",
    ):
        assert made.network(text) == text
    assert made.network("10.20.30.40/24") != "10.20.30.40/24"
    assert made.network("no address") is None


def test_a_gap_keeps_its_place_and_its_type() -> None:
    words = pseudonyms(b"salt", load_rules(), [])
    place = f"/clusters/{CLUSTER}"
    gap = redact_gap(Gap(what=place, reason="GET answered 403", kind="forbidden", type="apps/Deployment"), words)
    assert gap.what == words.text(place) != place
    assert gap.what.startswith("/clusters/")
    assert (gap.type, gap.kind) == ("apps/Deployment", "forbidden")


def test_keys_that_somebody_chose_are_replaced_and_those_of_the_api_stay() -> None:
    words = pseudonyms(b"salt", load_rules(), [])
    assignment = {
        "id": "/x",
        "type": "Microsoft.Authorization/policyAssignments",
        "tags": {"ZyxTeam": {"odd": 1}},
        "properties": {
            "parameters": {"zyxSkus": {"value": ["Standard"]}},
            "metadata": {"zyxTicket": "ZYX-1"},
        },
    }
    shown = json.dumps(redact(Resource(assignment["type"], assignment, Origin()), words).body)  # type: ignore[arg-type]
    assert "zyx" not in shown.casefold()
    pod = {
        "kind": "Pod",
        "metadata": {"name": "zyx", "resourceVersion": "1", "labels": {"zyx.io/team": "zyx", "app": "a"}},
    }
    shown = json.dumps(redact(Resource("core/Pod", pod, Origin()), words).body)
    assert "zyx" not in shown.casefold()
    assert '"resourceVersion"' in shown


def test_a_name_in_an_id_that_is_written_wrong_is_a_name() -> None:
    vault = {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v", "name": "v"}
    known = Resource("Microsoft.KeyVault/vaults", vault, Origin())
    words = pseudonyms(b"salt", load_rules(), [known])
    place = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-zyx/providers/Microsoft.KeyVault"
    assert "zyx" not in words.text(f"{place}/zyxvault/secrets/zyxsecret")  # the type is missing
    assert words.text(f"{place}/vaults/zyx").split("/")[6:8] == ["Microsoft.KeyVault", "vaults"]


def test_cipher_suites_stay() -> None:
    words = pseudonyms(b"salt", load_rules(), [])
    suites = ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"]
    body = {"properties": {"sslPolicy": {"cipherSuites": suites, "policyName": "TLS_ZYX"}}}
    shown = redact(Resource("Microsoft.Network/applicationGateways", body, Origin()), words).body["properties"]
    assert shown["sslPolicy"]["cipherSuites"] == suites
    assert "ZYX" not in shown["sslPolicy"]["policyName"].upper()
