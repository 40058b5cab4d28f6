"""A wrong rule file is refused with file, line and what was meant; never half a rule set."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from auditor.model.errors import RuleError
from auditor.model.package_data import rules_folder
from auditor.ruleset import cache, loader
from auditor.ruleset.loader import check_overrides, load_rules, select
from auditor.ruleset.rule_schema_model import read_rule_file
from auditor.ruleset.scaffold import scaffold

GOOD = """\
id: own.thing.tls
title: Things speak TLS and nothing else
severity: high
resource: Microsoft.Example/things
assert: {field: properties.tls, equals: true}
parameters: {days: {default: 30, description: How long.}}
rationale: Whoever listens on the network reads everything otherwise.
remediation: {text: Turn TLS on.}
sources: [live]
controls: {mcsb: [DP-3]}
references: [https://learn.microsoft.com/azure/]
tests:
  - {name: "on", given: {properties: {tls: true}}, expect: pass}
  - {name: "off", given: {properties: {tls: false}}, expect: fail}
  - {name: absent, given: {}, expect: fail}
  - {name: known later, given: {properties: {tls: !unknown later}}, expect: unknown}
"""


def write(root: Path, text: str, name: str = "own/thing/tls.yaml") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with the rules of one service: to read all of them takes seconds."""
    folder = tmp_path_factory.mktemp("package") / "rules"
    for part in ("frameworks", "azure/key-vault"):
        shutil.copytree(rules_folder() / part, folder / part)
    return folder


@pytest.fixture
def few_rules(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules of one service are all that are bundled."""
    monkeypatch.setattr(loader, "rules_folder", lambda: package)


@pytest.mark.usefixtures("few_rules")
def test_own_rules_come_beside_the_bundled_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path / "cache"))
    write(tmp_path / "rules", GOOD)
    first = load_rules([str(tmp_path / "rules")])
    assert "own.thing.tls" in {rule.id for rule in first}
    assert load_rules([str(tmp_path / "rules")]) == first, "the cached rule set is the same"
    write(tmp_path / "rules", GOOD.replace("severity: high", "severity: low"))
    changed = next(rule for rule in load_rules([str(tmp_path / "rules")]) if rule.id == "own.thing.tls")
    assert changed.severity == "low", "a changed file is read again"


@pytest.mark.usefixtures("few_rules")
def test_a_file_that_changed_is_read_whatever_was_noted_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path / "cache"))
    own = tmp_path / "rules"

    def noted() -> set[str]:
        return {path.name for path in (tmp_path / "cache" / "auditor").glob("files-*")}

    def severity() -> str:
        return next(rule for rule in load_rules([str(own)]) if rule.id == "own.thing.tls").severity

    monkeypatch.setattr(cache, "_FRESH", -1)
    load_rules()
    bundled = noted()
    monkeypatch.setattr(cache, "_FRESH", 3_600_000_000_000)  # a busy machine takes more than a moment
    write(own, GOOD)
    assert severity() == "high"
    assert noted() == bundled, "what changed a moment ago may change again unseen"
    monkeypatch.setattr(cache, "_FRESH", -1)  # a moment has passed
    assert severity() == "high"
    assert len(noted() - bundled) == 1
    write(own, GOOD.replace("severity: high", "severity: info"))  # as long as before
    assert severity() == "info"


def test_a_file_that_changes_while_it_is_read_is_not_noted_as_what_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "_FRESH", -1)
    path = write(tmp_path, GOOD)
    before = cache.stamp_of([str(path)])
    cache.store("before", [])
    path.write_text(GOOD.replace("severity: high", "severity: info"))
    cache.note(before, "before")
    assert cache.as_they_stand(before) == []
    assert cache.as_they_stand(cache.stamp_of([str(path)])) is None


def poisoned(folder: Path) -> None:
    """Every cached rule of a requirement for TLS, as somebody would rewrite it to make the gate green."""
    for file in folder.glob("rules-*.json"):
        file.write_bytes(file.read_bytes().replace(b'"high"', b'"info"'))


def widen(folder: Path, mode: int) -> None:
    folder.chmod(folder.stat().st_mode | mode)


@pytest.mark.usefixtures("few_rules")
@pytest.mark.parametrize("mode", [0o020, 0o002])
@pytest.mark.parametrize("whose", ["folder", "file", "link"])
def test_a_cache_that_others_can_write_is_not_read(
    whose: str, mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path))
    first = load_rules()
    folder = tmp_path / "auditor"
    poisoned(folder)
    assert load_rules() != first, "the attack works on a cache that nobody else can write"
    if whose == "folder":
        widen(folder, mode)
    for file in list(folder.glob("rules-*.json")):
        if whose == "file":
            widen(file, mode)
        if whose == "link":
            elsewhere = tmp_path / file.name
            file.rename(elsewhere)
            file.symlink_to(elsewhere)
    assert load_rules() == first


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
@pytest.mark.usefixtures("few_rules")
def test_a_cache_of_another_user_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path))
    first = load_rules()
    poisoned(tmp_path / "auditor")
    os.chown(tmp_path / "auditor", 65_534, -1)
    assert load_rules() == first


@pytest.mark.usefixtures("few_rules")
def test_the_cache_is_private_and_can_be_turned_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("AUDITOR_NO_CACHE", "1")
    first = load_rules()
    assert not (tmp_path / "auditor").exists()
    monkeypatch.delenv("AUDITOR_NO_CACHE")
    load_rules()
    assert (tmp_path / "auditor").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "auditor").iterdir()} == {0o600}
    poisoned(tmp_path / "auditor")
    monkeypatch.setenv("AUDITOR_NO_CACHE", "1")
    assert load_rules() == first


@pytest.mark.usefixtures("few_rules")
def test_a_damaged_cache_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path))
    first = load_rules()
    for damaged in ("rules-*.json", "files-*.txt", "*"):
        for file in (tmp_path / "auditor").glob(damaged):
            file.write_bytes(b"[{]\xff")
        assert load_rules() == first


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("severity: high", "severty: high", 3, "did you mean 'severity'"),
        ("severity: high", "severity: urgent", 3, "urgent"),
        ("{field: properties.tls, equals: true}", "{field: properties.tls, equls: true}", 5, "did you mean 'equals'"),
        ("{field: properties.tls, equals: true}", "{field: properties..tls, equals: true}", 5, "not understood at"),
        ("{field: properties.tls, equals: true}", "{field: a, less: {param: day}}", 5, "did you mean 'days'"),
        ("mcsb: [DP-3]", "mcsb: [DP-33]", 10, "did you mean 'DP-3'"),
        ("mcsb: [DP-3]", "mscb: [DP-3]", 10, "did you mean 'mcsb'"),
        ("id: own.thing.tls", "id: own.thing.tsl", 1, "the file lies at 'own.thing.tls'"),
        ("id: own.thing.tls", "id: own.thing.tls\nid: x.y", 2, "given twice"),
        ("sources: [live]", "sources: [lvie]", 9, "sources"),
        ("expect: pass", "expect: passed", 13, r"tests\[0\].expect: it should"),
        ('name: "off"', 'name: "on"', 14, "two cases are called"),
        ("name: absent", "name: missing", 12, "absent"),
        ("expect: pass", "expect: unknown", 12, "no case expects pass"),
        ("given: {}", "given: {}, parameters: {dayz: 1}", 15, "did you mean 'days'"),
        ("https://learn", "http://learn", 11, "references"),
        ("title: Things", "title: [Things", 3, "no valid YAML"),
        ("given: {}", "given: !python/object:os.system {}", 15, "unknown tag"),
        ("given: {}", "given: {<<: {a: 1}}", 15, "a key is a plain name"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, old: str, new: str, line: int, told: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(RuleError, match=told) as caught:
        read_rule_file(path, tmp_path, path.read_text())
    assert f"tls.yaml:{line}" in caught.value.sentence


@pytest.mark.usefixtures("few_rules")
def test_rules_in_use_stay_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the author of a rule changes it: the bundled rules are read from their files once."""
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path / "cache"))
    own = tmp_path / "rules"
    load_rules()
    (bundled,) = (tmp_path / "cache" / "auditor").glob("rules-*.json")
    for days in range(10):
        write(own, GOOD.replace("default: 30", f"default: {days}"))
        assert load_rules([str(own)])
        assert bundled.exists()
    assert len(list(bundled.parent.glob("rules-*.json"))) == 8


def test_the_same_id_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a", GOOD)
    write(tmp_path / "b", GOOD)
    with pytest.raises(RuleError, match="stands in"):
        load_rules([str(tmp_path / "a"), str(tmp_path / "b")])


def test_one_bad_file_stops_everything(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, "nonsense", "own/other.yaml")
    with pytest.raises(RuleError, match=r"other\.yaml"):
        load_rules([str(tmp_path)])


def test_what_was_read_of_a_file_alone_is_not_what_its_folder_says(tmp_path: Path) -> None:
    """Ids are paths under the folder that is named; of a file that is named itself they are not."""
    place = write(tmp_path, GOOD, "elsewhere/tls.yaml")
    assert "own.thing.tls" in {rule.id for rule in load_rules([str(place)])}
    with pytest.raises(RuleError, match=r"own\.thing\.tls"):
        load_rules([str(tmp_path)])


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(RuleError):
            load_rules([str(path)])


def test_selection() -> None:
    rules = load_rules()
    ids = {rule.id for rule in rules}
    assert {r.id for r in select(rules, ["azure.key-vault.*"], [])} == {
        i for i in ids if i.startswith("azure.key-vault.")
    }
    worst = select(rules, ["severity=high"], [])
    assert {rule.severity for rule in worst} == {"critical", "high"}
    assert {rule.severity for rule in select(rules, [], ["severity=low"])} == {"critical", "high", "medium"}
    assert select(rules, ["component=key-vault"], []) == select(rules, ["component=azure/key-vault"], [])
    assert all("DP-8" in rule.controls["mcsb"] for rule in select(rules, ["framework=mcsb:dp-8"], []))
    assert select(rules, [], sorted({f"{rule.id.partition('.')[0]}.*" for rule in rules})) == []
    assert [r.id for r in select(rules, ["equivalent=ckv_azure_110"], [])] == ["azure.key-vault.purge-protection"]
    for bad in ("azure.key-vault.purge-protecton", "severity=urgent", "colour=red", "framework=none"):
        with pytest.raises(RuleError):
            select(rules, [bad], [])


def test_parameters_of_an_estate_are_checked() -> None:
    rules = load_rules()
    known = next(rule for rule in rules if rule.parameters)
    check_overrides(rules, {known.id: {next(iter(known.parameters)): 1}})
    with pytest.raises(RuleError, match="did you mean"):
        check_overrides(rules, {known.id + "x": {}})
    with pytest.raises(RuleError, match="no parameter"):
        check_overrides(rules, {known.id: {"nonsense": 1}})


def test_a_new_rule_fails_its_cases_until_it_is_filled(tmp_path: Path) -> None:
    from auditor.ruleset.rule_testing import run_case

    path = write(tmp_path, scaffold("own.thing.tls"))
    source = read_rule_file(path, tmp_path, path.read_text())
    assert not any(run_case(source, case).ok for case in source.cases)
    with pytest.raises(RuleError):
        scaffold("Not An Id")
