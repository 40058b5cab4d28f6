"""Archives are read as folders, within bounds; what is not read of one is a gap that names it."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.ingest.bounds import BOUNDS
from auditor.ingest.discovery import Spool
from auditor.ingest.folder_contents import Contents
from tests.conftest import SELECTED

VAULT = {
    "type": "Microsoft.KeyVault/vaults", "name": "kv", "properties": {"enablePurgeProtection": False},
    "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv",
}  # fmt: skip
ROW = json.dumps(VAULT).encode()
POD = b"""apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop}
spec: {containers: [{name: c, image: i, securityContext: {privileged: true}}]}
"""
GOOD = POD.replace(b"true", b"false")
Members = dict[str, bytes]


def zipped(members: Members) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def tarred(members: Members) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


def tar_gz(members: Members) -> bytes:
    return gzip.compress(tarred(members))


PACKERS: dict[str, Callable[[Members], bytes]] = {
    "in.zip": zipped, "in.tar.gz": tar_gz, "in.tgz": tar_gz, "in.tar": tarred,
}  # fmt: skip


def failing(report: dict[str, Any]) -> list[str]:
    return sorted(one["origin"]["file"] for one in report["findings"] if one["outcome"] == "fail")


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("where", ["named", "in a folder"])
def test_members_are_evaluated_and_named(audit_of: Any, tmp_path: Path, name: str, where: str) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    packed = PACKERS[name]({"./rows/export.json": ROW, "pod.yaml": POD, "README.md": b"# Read me\n"})
    (folder / name).write_bytes(packed)
    code, report, _ = audit_of(f"all/{name}" if where == "named" else "all")
    assert failing(report) == [f"all/{name}!/pod.yaml", f"all/{name}!/rows/export.json"]
    assert (code, report["gaps"]) == (1, [])
    elements = report["summary"]["elements"]
    assert elements["notEvaluated"]["file of a folder that holds no data"]["count"] == 1
    assert elements["total"] == 3


@pytest.mark.parametrize("where", ["named", "in a folder"])
@pytest.mark.parametrize("name", ["rows.gz", "export.json.gz", "rows.backup.gz"])
def test_gzip_is_read_whatever_its_name(audit_of: Any, tmp_path: Path, name: str, where: str) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / name).write_bytes(gzip.compress(ROW))
    code, report, _ = audit_of(f"all/{name}" if where == "named" else "all")
    assert (code, failing(report)) == (1, [f"all/{name}"])


def test_an_archive_in_an_archive(audit_of: Any, tmp_path: Path) -> None:
    inner = tar_gz({"pod.yaml": POD})
    (tmp_path / "in.zip").write_bytes(zipped({"b.tgz": inner, "a.yaml": GOOD.replace(b"name: p,", b"name: q,")}))
    code, report, _ = audit_of("in.zip")
    assert (code, failing(report)) == (1, ["in.zip!/b.tgz!/pod.yaml"])
    (tmp_path / "in.zip").write_bytes(zipped({"b.zip": zipped({"b.tgz": inner}), "a.yaml": GOOD, "b.yaml": GOOD}))
    code, report, err = audit_of("in.zip")
    assert code == 3 and "nested more than 2 deep" in json.dumps(report) + err


def with_link(form: str) -> bytes:
    data = io.BytesIO()
    if form == "zip":
        with zipfile.ZipFile(data, "w") as archive:
            info = zipfile.ZipInfo("link.yaml")
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
            archive.writestr("good.yaml", GOOD)
        return data.getvalue()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            entry = tarfile.TarInfo(f"link{kind.decode()}.yaml")
            entry.type, entry.linkname = kind, "/etc/passwd"
            tar.addfile(entry)
        entry = tarfile.TarInfo("good.yaml")
        entry.size = len(GOOD)
        tar.addfile(entry, io.BytesIO(GOOD))
    return data.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped({"pod.yaml": POD}))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + at] |= 1
    return bytes(data)


def twice() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("pod.yaml", GOOD)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("pod.yaml", POD)
    return data.getvalue()


def damaged_member() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("pod.yaml", POD)
    return data.getvalue().replace(b"privileged: true", b"privileged: fals", 1)


def other_method() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("pod.yaml", POD)
    return data.getvalue()


def long_header() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        entry = tarfile.TarInfo("pod.yaml")
        entry.pax_headers = {"comment": "x" * (BOUNDS.one_read + 1)}
        tar.addfile(entry)
    return data.getvalue()


BOTH = {"good.yaml": GOOD, "pod.yaml": POD}
REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "up": ("in.zip", lambda: zipped({"../pod.yaml": POD}), "leads out of the archive"),
    "up within": ("in.tgz", lambda: tar_gz({"a/../../pod.yaml": POD}), "leads out of the archive"),
    "absolute": ("in.tar", lambda: tarred({"/etc/pod.yaml": POD}), "leads out of the archive"),
    "drive": ("in.zip", lambda: zipped({"C:\\pod.yaml": POD}), "leads out of the archive"),
    "link in zip": ("in.zip", lambda: with_link("zip"), "a link or a device"),
    "links in tar": ("in.tgz", lambda: with_link("tar"), "a link or a device"),
    "encrypted": ("in.zip", encrypted, "encrypted"),
    "twice": ("in.zip", twice, "holds it twice"),
    "damaged member": ("in.zip", damaged_member, "damaged"),
    "other method": ("in.zip", other_method, "another method"),
    "cut zip": ("in.zip", lambda: zipped(BOTH)[:-30], "damaged"),
    "cut tar.gz": ("in.tgz", lambda: tar_gz(BOTH)[:-30], ""),
    "cut tar at a member": ("in.tar", lambda: tarred(BOTH)[:1024], "damaged"),
    "cut tar in a member": ("in.tar", lambda: tarred(BOTH)[:1100], "damaged"),
    "damaged header": ("in.tar", lambda: tarred(BOTH).replace(b"pod.yaml", b"pod-yaml"), "damaged"),
    "after the end": ("in.tar", lambda: tarred({"a.yaml": GOOD}) + tarred({"pod.yaml": POD}), "after its end"),
    "bz2 member": ("in.zip", lambda: zipped({"pod.yaml.bz2": bz2.compress(POD)}), "bzip2"),
    "member without a name of data": ("in.zip", lambda: zipped({"pod": POD}), "looks like data"),
    "hidden member": ("in.zip", lambda: zipped({".pod.yaml": POD}), "looks like data"),
    "members": ("in.zip", lambda: zipped({f"{n}.txt": b"" for n in range(BOUNDS.entries + 1)}), "10,000 members"),
    "members of tar": ("in.tar", lambda: tarred({f"{n}.t": b"" for n in range(BOUNDS.entries + 1)}), "10,000 members"),
    "bomb": ("in.zip", lambda: zipped({"a.json": bytes(BOUNDS.ratio_from + 1)}), "250 times its size"),
    "bomb of tar": ("in.tgz", lambda: tar_gz({"a.json": bytes(BOUNDS.ratio_from + 1)}), "250 times its size"),
    "bomb of other files": ("in.tgz", lambda: tar_gz({"a": bytes(BOUNDS.ratio_from + 1)}), "250 times its size"),
    "long header": ("in.tgz", long_header, "larger than 8 MiB"),
    "plan of Terraform": ("in.zip", lambda: zipped({"tfplan": b"\0", "tfstate": b"{}"}), "terraform show -json"),
    "snapshot": ("in.zip", lambda: zipped({"s/manifest.json": b'{"schemaVersion": "1", "shards": []}'}), "snapshot"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("where", ["named", "in a folder"])
def test_what_is_not_read_is_a_gap(audit_of: Any, tmp_path: Path, case: str, where: str) -> None:
    name, content, words = REFUSED[case]
    folder = tmp_path / "all"
    folder.mkdir()
    (folder / name).write_bytes(content())
    if where == "in a folder":
        (folder / "other.yaml").write_bytes(GOOD.replace(b"name: p,", b"name: other,"))
    code, report, err = audit_of(f"all/{name}" if where == "named" else "all")
    assert code == 3, (report, err)
    said = json.dumps(report.get("gaps")) + err
    assert f"all/{name}" in said and words in said, said
    assert {path.name for path in tmp_path.iterdir()} - {"out.json"} == {"all"}


def test_a_gzip_bomb_is_a_gap(audit_of: Any, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "rows.json.gz").write_bytes(gzip.compress(ROW + b" " * (BOUNDS.ratio_from + 1)))
    (tmp_path / "all" / "pod.yaml").write_bytes(GOOD)
    code, report, err = audit_of("all")
    assert code == 3 and "250 times its size" in json.dumps(report["gaps"]) + err


def test_the_bound_on_all_members(tmp_path: Path) -> None:
    (tmp_path / "in.zip").write_bytes(zipped({f"{n}.yaml": POD for n in range(9)}))
    contents = Contents(Spool(), replace(BOUNDS, unpacked=5 * len(POD)))
    contents.unpack(str(tmp_path / "in.zip"), "in.zip", "zip")
    assert [source.file for source in contents.sources] == [f"in.zip!/{n}.yaml" for n in range(5)]
    assert [gap.what for gap in contents.gaps] == ["in.zip"] and "unpacks to more than" in contents.gaps[0].reason
    assert contents.accounting.difference == 0


def test_an_archive_of_one_plan_is_gated_as_the_plan(command: Any, tmp_path: Path) -> None:
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "resources": [{**VAULT, "apiVersion": "2023-07-01", "id": None}],
    }  # fmt: skip
    (tmp_path / "in.zip").write_bytes(zipped({"main.json": json.dumps(template).encode()}))
    done = command("gate", "in.zip", *SELECTED, "-f", "json", "-o", "out.json")
    assert done.returncode == 1
    assert failing(json.loads((tmp_path / "out.json").read_text())) == ["in.zip!/main.json"]


def test_an_archive_on_standard_input(command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(zipped({"a.yaml": GOOD, "b/pod.yaml": POD}))))
    assert command("gate", "-", *SELECTED, "-f", "json", "-o", "out.json").returncode in (1, 3)
    assert failing(json.loads((tmp_path / "out.json").read_text())) == ["-!/b/pod.yaml"]
