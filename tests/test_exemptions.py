"""Exemptions as users write them: what they accept and for how long, what is said of them, what is refused."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from commands import Done
from hypothesis import given
from hypothesis import strategies as st

from auditor.exemptions.entry import fits
from auditor.exemptions.schema import schema_text

ROOT = Path(__file__).resolve().parent.parent
PURGE = "azure.key-vault.purge-protection"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
VAULTS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/"
NOW = "2026-07-09"


def vault(name: str, on: bool = False, **more: Any) -> dict[str, Any]:
    body = {"type": "Microsoft.KeyVault/vaults", "name": name, "id": VAULTS + name}
    return {**body, "properties": {"enablePurgeProtection": on}, **more}


def exemption(**more: Any) -> dict[str, Any]:
    """An exemption of one vault, in force for two months."""
    usual = {
        "rule": PURGE, "resource": VAULTS + "kv1", "category": "waiver", "owner": "data@example.org",
        "reason": "Moves to another vault.", "expiresOn": "2026-09-09",
    }  # fmt: skip
    return {key: value for key, value in {**usual, **more}.items() if value is not None}


class Estate:
    """A folder with an estate and exemptions, and the command to audit it."""

    def __init__(self, folder: Path, run: Any) -> None:
        self.folder, self._run = folder, run

    def write(self, bodies: list[dict[str, Any]], *exemptions: dict[str, Any], file: str = "exemptions.yaml") -> None:
        (self.folder / "in.json").write_text(json.dumps(bodies))
        (self.folder / file).write_text(yaml.safe_dump({"exemptions": list(exemptions)}, sort_keys=False))

    def run(self, *args: str) -> Done:
        found: Done = self._run(*args)
        return found

    def scan(self, *args: str, select: str = PURGE) -> Done:
        return self.run("scan", "--from", "in.json", "--as-of", NOW, "--select", select, *args)

    def audit(self, *args: str, select: str = PURGE) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.scan("-f", "json", *args, select=select).stdout)
        counts = found["summary"]["counts"]
        listed = [finding["outcome"] for finding in found["findings"]]
        assert all(counts[name] == listed.count(name) for name in counts), "all counts add up"
        assert all(sum(rule["counts"][name] for rule in found["rules"]) == counts[name] for name in counts)
        assert sum(found["summary"]["failures"].values()) == counts["fail"]
        assert sum(found["summary"]["unknowns"].values()) == counts["unknown"] + counts["error"]
        return found

    def outcomes(self, *args: str) -> dict[str, str]:
        return {each["resource"]["name"]: each["outcome"] for each in self.audit(*args)["findings"]}

    def notices(self, *args: str) -> list[str]:
        return [each["kind"].removeprefix("exemption-") for each in self.audit(*args)["notices"]]


@pytest.fixture
def estate(tmp_path: Path, command: Any) -> Estate:
    return Estate(tmp_path, command)


def test_what_is_accepted_fails_nobody_and_says_who_why_and_until_when(estate: Estate) -> None:
    estate.write([vault("kv1"), vault("kv2")], exemption())
    assert estate.outcomes() == {"kv1": "exempt", "kv2": "fail"}
    assert estate.scan().returncode == 1
    estate.write([vault("kv1"), vault("kv2", True)], exemption())
    assert estate.scan().returncode == 0
    found = next(each for each in estate.audit()["findings"] if each["outcome"] == "exempt")
    assert found["message"] == "properties.enablePurgeProtection is false, expected true (and 1 more field)"
    assert found["exemption"] == {
        "category": "waiver", "owner": "data@example.org", "reason": "Moves to another vault.",
        "expiresOn": "2026-09-09", "kind": "external", "file": "exemptions.yaml", "line": 2,
    }  # fmt: skip


def test_every_format_shows_it(estate: Estate) -> None:
    estate.write([vault("kv1")], exemption(expiresOn="2026-07-15"))
    forms = ("text", "sarif", "html", "junit", "csv", "markdown", "ocsf", "line", "github")
    estate.scan(*(item for form in forms for item in ("-f", form, "-o", f"out.{form}")))
    made = {form: (estate.folder / f"out.{form}").read_text() for form in forms}
    for form in set(forms) - {"line", "github"}:
        assert "data@example.org" in made[form].replace("\u200b", "").replace("\\@", "@"), form
    assert "exempt=1" in made["line"] and " notices=1" in made["line"]
    result = json.loads(made["sarif"])["runs"][0]["results"][0]
    assert result["suppressions"] == [
        {
            "kind": "external", "status": "accepted", "justification": "Moves to another vault.",
            "properties": {"category": "waiver", "owner": "data@example.org", "expiryDateUtc": "2026-07-15"},
        }
    ]  # fmt: skip
    skipped = ElementTree.fromstring(made["junit"]).find(".//testcase/skipped")
    assert skipped is not None and "until 2026-07-15" in skipped.attrib["message"]
    for form in ("text", "markdown", "sarif", "html", "github"):
        told = " ".join(made[form].split())
        assert "ends on 2026-07-15, in 6 days: then 1 finding counts again" in told, form


def test_an_exemption_ends(estate: Estate) -> None:
    estate.write([vault("kv1")], exemption())
    days = {"2026-08-25": [], "2026-08-26": ["expires-soon"], "2026-09-08": ["expires-soon"], "2026-09-09": ["expired"]}
    for day, notices in days.items():
        assert estate.notices("--as-of", day) == notices, day
        assert estate.outcomes("--as-of", day) == {"kv1": "fail" if day == "2026-09-09" else "exempt"}, day
    told = estate.audit("--as-of", "2027-01-01")["notices"][0]
    assert told == {
        "kind": "exemption-expired", "file": "exemptions.yaml", "line": 2,
        "message": f"The exemption of {PURGE} (data@example.org) ended on 2026-09-09: 1 finding counts again.",
    }  # fmt: skip
    (estate.folder / "auditor.yaml").write_text("exemptions: {warn: P1D}\n")
    assert estate.notices("--as-of", "2026-09-07") == []
    estate.write([vault("kv1")], exemption(expiresOn="2026-07-09T12:00:00Z"))
    assert estate.outcomes("--as-of", "2026-07-09T11:59:59Z") == {"kv1": "exempt"}
    assert estate.outcomes("--as-of", "2026-07-09T12:00:00Z") == {"kv1": "fail"}


def test_an_exemption_may_not_end_too_far_ahead(estate: Estate) -> None:
    estate.write([vault("kv1")], exemption(expiresOn="2027-07-10"))
    assert (estate.outcomes(), estate.notices()) == ({"kv1": "fail"}, ["too-long"])
    estate.write([vault("kv1")], exemption(expiresOn="2027-07-09"))
    assert (estate.outcomes(), estate.notices()) == ({"kv1": "exempt"}, [])
    (estate.folder / "auditor.yaml").write_text("exemptions: {maxAge: P30D}\n")
    assert (estate.outcomes(), estate.notices()) == ({"kv1": "fail"}, ["too-long"])


def test_what_has_no_effect_is_reported(estate: Estate) -> None:
    estate.write([vault("kv1", True), vault("kv2")], exemption(), exemption(resource="*/gone"))
    assert estate.notices() == ["unused", "unused"]
    elsewhere = VAULTS.replace(SUBSCRIPTION, "00000000-0000-0000-0000-000000000002")
    estate.write([vault("kv1")], exemption(resource=elsewhere + "kv9"))
    assert estate.notices() == [], "that subscription was not read"
    estate.write([vault("kv1"), {"name": "of no type"}], exemption(), exemption(resource="*/gone"))
    assert estate.notices() == [], "what could not be read may be what it is about"
    estate.write([vault("kv1")], exemption(rule="azure.sql.auditing-on", resource="*/servers/s"))
    assert estate.notices() == [], "nobody asked about SQL"


def test_what_is_too_broad_is_reported(estate: Estate) -> None:
    estate.write([vault("kv1"), vault("kv2")], exemption(resource="*"))
    assert estate.notices() == ["too-broad"]
    assert set(estate.outcomes().values()) == {"exempt"}
    (estate.folder / "auditor.yaml").write_text("exemptions: {maxFindings: 1, maxRules: 2}\n")
    estate.write([vault("kv1"), vault("kv2")], exemption(resource="*/vaults/*"))
    assert estate.notices() == ["too-broad"]
    estate.write([vault("kv1")], exemption(rule="azure.key-vault.*"))
    assert "too-broad" in [
        n["kind"].removeprefix("exemption-") for n in estate.audit(select="azure.key-vault.*")["notices"]
    ]
    assert estate.notices() == [], "of one rule that was asked it stands for one"


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ({"resource": VAULTS.upper() + "KV1"}, {"kv1"}),
        ({"resource": "*/kv1"}, {"kv1"}),
        ({"resource": ["*/kv1", "*/kv2"]}, {"kv1", "kv2"}),
        ({"resource": None, "tags": {"ENV": "dev*"}}, {"kv2"}),
        ({"resource": None, "tags": {"env": "*"}}, {"kv2", "kv3"}),
        ({"resource": "*/kv3", "tags": {"env": "*", "team": "x"}}, {"kv3"}),
        ({"resource": "*/kv2", "tags": {"env": "*", "team": "x"}}, set()),
        ({"resource": "*/kv?"}, set()),
    ],
)
def test_what_it_selects(estate: Estate, selector: dict[str, Any], names: set[str]) -> None:
    tagged = vault("kv2", tags={"Env": "Development"}), vault("kv3", tags={"env": "prod", "team": "x"})
    estate.write([vault("kv1"), *tagged], exemption(**selector))
    assert {name for name, outcome in estate.outcomes().items() if outcome == "exempt"} == names


def test_an_element_of_a_resource(estate: Estate) -> None:
    https = "azure.application-gateway.backend-https"
    settings = [{"name": name, "properties": {"protocol": "Http"}} for name in ("old", "older", "new")]
    kind = "Microsoft.Network/applicationGateways"
    gateway = {"type": kind, "name": "g", "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/r/providers/{kind}/g"}
    bodies = [{**gateway, "properties": {"backendHttpSettingsCollection": settings}}]
    estate.write(bodies, exemption(rule=https, resource="*/g", element="old*"))
    found = {each["element"]: each["outcome"] for each in estate.audit(select=https)["findings"]}
    assert found == {"old": "exempt", "older": "exempt", "new": "fail"}


def test_what_is_not_known_is_accepted_only_where_it_is_said(estate: Estate) -> None:
    rule, kind = "azure.sql.auditing-on", "Microsoft.Sql/servers"
    server = {"type": kind, "name": "s", "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/r/providers/{kind}/s"}
    for outcomes, expected in ((None, "unknown"), ("unknown", "exempt"), (["fail", "unknown"], "exempt")):
        estate.write([{**server, "properties": {}}], exemption(rule=rule, resource="*/s", outcomes=outcomes))
        audit = estate.audit(select=rule)
        assert [each["outcome"] for each in audit["findings"]] == [expected]
        assert audit["notices"] == [], "it is about something that could not be told"
    estate.write([vault("kv1")], exemption(outcomes="unknown"))
    assert estate.outcomes() == {"kv1": "fail"}


def test_the_first_in_force_accepts(estate: Estate) -> None:
    late = exemption(owner="second@example.org", expiresOn="2026-12-01")
    estate.write([vault("kv1")], exemption(expiresOn="2026-07-01"), late)
    found = estate.audit()
    assert found["findings"][0]["exemption"]["owner"] == "second@example.org"
    assert [each["message"].rpartition(": ")[2] for each in found["notices"]] == ["take it out."]


def test_files_are_named_or_stand_beside_the_settings(estate: Estate) -> None:
    estate.write([vault("kv1"), vault("kv2")], exemption(), file="one.yaml")
    estate.write([vault("kv1"), vault("kv2")], exemption(resource="*/kv2"), file="two.yaml")
    assert set(estate.outcomes().values()) == {"fail"}
    both = estate.outcomes("--exemptions", "one.yaml", "--exemptions", "two.yaml")
    assert set(both.values()) == {"exempt"}
    (estate.folder / "ci").mkdir()
    (estate.folder / "two.yaml").rename(estate.folder / "ci" / "exemptions.yaml")
    (estate.folder / "ci" / "auditor.yaml").write_text("quiet: true\n")
    assert estate.outcomes("--config", "ci/auditor.yaml") == {"kv1": "fail", "kv2": "exempt"}
    (estate.folder / "auditor.yaml").write_text("exemptions: {files: [one.yaml]}\n")
    assert estate.outcomes() == {"kv1": "exempt", "kv2": "fail"}
    assert estate.scan("--exemptions", "missing.yaml").returncode == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"owner": None}, "exemptions.yaml:2: exemptions[0].owner: it is missing"),
        ({"reason": None}, "exemptions.yaml:2: exemptions[0].reason: it is missing"),
        ({"expiresOn": None}, "exemptions.yaml:2: exemptions[0].expiresOn: it is missing"),
        *(
            ({"expiresOn": text}, "exemptions.yaml:7: exemptions[0].expiresOn: it is no date: write it as 2026-12-31")
            for text in ("soon", "2027-W20", "2027-W20-1", "2027-140", "20270520", "2027-05-20Z")
        ),
        ({"owner": "TODO: who?"}, "exemptions.yaml:5: exemptions[0].owner: it is still to be filled in"),
        ({"owner": ""}, "exemptions.yaml:5: exemptions[0].owner: "),
        ({"category": "accepted"}, "exemptions.yaml:4: exemptions[0].category: it should be 'waiver' or 'mitigated'"),
        ({"onwer": "x"}, "exemptions.yaml:8: exemptions[0].onwer: unknown key (did you mean 'owner'?)"),
        ({"rule": f"{PURGE}s"}, f"exemptions.yaml:2: no rule is called '{PURGE}s' (did you mean '{PURGE}'?)"),
        ({"rule": "azure.keyvault.*"}, "exemptions.yaml:2: no rule is called 'azure.keyvault.*'"),
        ({"resource": None}, "exemptions.yaml:2: exemptions[0]: it names neither `resource` nor `tags`"),
        ({"outcomes": ["error"]}, "exemptions.yaml:9: exemptions[0].outcomes[0]: it should be 'fail' or 'unknown'"),
        ({"outcomes": []}, "exemptions.yaml:8: exemptions[0].outcomes: "),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_file_line_and_text(estate: Estate, change: dict[str, Any], told: str) -> None:
    estate.write([vault("kv1")], exemption(**change))
    done = estate.scan()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: {told}"), done.stderr
    assert "Hint: " in done.stderr
    assert estate.run("exemptions", "check").returncode == 2


@pytest.mark.parametrize(
    "text", ["", "[]", "exemptions: 1", "exemptions: [", "exemptions:\n- rule: a\n  rule: b", "\0", "a: 1"]
)
def test_what_is_no_file_of_exemptions_is_refused(estate: Estate, text: str) -> None:
    estate.write([vault("kv1")])
    (estate.folder / "exemptions.yaml").write_text(text)
    done = estate.scan()
    assert (done.returncode, done.stdout) == (2, "")
    assert "exemptions.yaml" in done.stderr


def test_an_exemption_that_ended_is_worse_than_the_baseline(estate: Estate) -> None:
    estate.write([vault("kv1")], exemption())
    estate.scan("-f", "json", "-o", "old.json")
    again = estate.run("gate", "in.json", "--select", PURGE, "--baseline", "old.json", "--new-only", "--as-of", NOW)
    assert again.returncode == 0
    ended = estate.run(
        "gate", "in.json", "--select", PURGE, "--baseline", "old.json", "--new-only", "--as-of", "2026-10-01"
    )
    assert ended.returncode == 1, "void after its end"
    estate.write([vault("kv1")])
    assert estate.run("gate", "in.json", "--select", PURGE, "--against", "in.json", "--new-only").returncode == 0


def test_a_gate_speaks_of_the_exemptions_it_met_alone(estate: Estate) -> None:
    def planned(name: str, on: bool) -> dict[str, Any]:
        after = {"name": name, "resource_group_name": "rg", "location": "x", "purge_protection_enabled": on}
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {"id": True}}
        where = {"address": f'module.data["eu"].azurerm_key_vault.{name}', "mode": "managed", "name": name}
        return {**where, "type": "azurerm_key_vault", "change": change}

    module = exemption(resource='module.data["eu"].azurerm_key_vault.a')
    estate.write([], module, exemption(resource="*.azurerm_key_vault.b"), exemption(resource="*.c"))
    plan = {"format_version": "1.2", "resource_changes": [planned("a", False), planned("b", True)]}
    (estate.folder / "in.json").write_text(json.dumps(plan))
    done = estate.run("gate", "in.json", "--select", PURGE, "--as-of", NOW, "-f", "json")
    found = json.loads(done.stdout)
    assert {each["resource"]["name"]: each["outcome"] for each in found["findings"]} == {"a": "exempt", "b": "pass"}
    assert [each["kind"] for each in found["notices"]] == ["exemption-unused"], "that of b; nothing is said of c"
    assert done.returncode == 0


def test_a_saved_audit_with_exemptions_is_rendered_again_byte_for_byte(estate: Estate) -> None:
    estate.write([vault("kv1"), vault("kv2")], exemption(expiresOn="2026-07-15"))
    for form in ("json", "sarif", "html", "text", "junit"):
        first, again = estate.scan("-f", form).stdout, None
        if form == "json":
            (estate.folder / "saved.json").write_text(first)
        again = estate.run("report", "saved.json", "-f", form).stdout
        assert again == first, form


def test_a_thousand_exemptions_on_many_findings_in_two_jobs(estate: Estate) -> None:
    estate.write([vault(f"kv{n}") for n in range(2000)], *(exemption(resource=VAULTS + f"kv{n}") for n in range(1000)))
    found = estate.audit("--jobs", "2")["summary"]["counts"]
    assert (found["exempt"], found["fail"]) == (1000, 1000)


def test_check_says_what_is_in_force(estate: Estate) -> None:
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(days=100)).date().isoformat()
    estate.write([], exemption(expiresOn="2999-01-01"), exemption(expiresOn="2020-01-01"), exemption(expiresOn=soon))

    def states() -> list[str]:
        return [line.split("  ")[0] for line in estate.run("exemptions", "check").stdout.splitlines()]

    late = "not in force, for it ends more than {} days ahead: "
    assert states() == ["ended 2020-01-01", f"until {soon}", late.format(365) + "2999-01-01"]
    (estate.folder / "auditor.yaml").write_text("exemptions: {maxAge: P30D}\n")
    assert states()[1:] == [late.format(30) + soon, late.format(30) + "2999-01-01"], "by the limits of the settings"


def test_a_name_in_the_place_of_an_id_is_refused_with_what_to_write(estate: Estate) -> None:
    """It is what a report shows, and would accept nothing."""
    estate.write([vault("kv1")], exemption(resource="kv1"))
    done = estate.scan()
    assert done.returncode == 2
    assert "resource[0]: it is the name alone, which no id and no address is: write '*/kv1'" in done.stderr
    estate.write([vault("kv1")], exemption(resource="*/kv1"))
    assert estate.outcomes() == {"kv1": "exempt"}


def test_the_published_schema_is_that_of_the_form_and_describes_it() -> None:
    from jsonschema import Draft202012Validator  # here: importing it takes more than a second

    published = (ROOT / "docs" / "exemptions.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "run: make docs"
    validator = Draft202012Validator(json.loads(published))
    assert validator.is_valid({"exemptions": [exemption(), exemption(resource=["a", "b"], outcomes="unknown")]})
    for wrong in ({"owner": None}, {"onwer": "x"}, {"resource": 1}, {"outcomes": "error"}):
        assert not validator.is_valid({"exemptions": [exemption(**wrong)]}), wrong


@given(st.text("aB*[", max_size=8), st.text("abB[", max_size=12))
def test_globs_agree_with_a_regular_expression(pattern: str, text: str) -> None:
    import re

    expected = ".*".join(re.escape(part) for part in pattern.split("*"))
    assert fits(pattern, text) == (re.fullmatch(expected, text, re.IGNORECASE) is not None)


def test_a_wrong_file_is_told_before_a_live_estate_is_read(estate: Estate) -> None:
    estate.write([], exemption(owner="TODO"))
    done = estate.run("scan", "--subscription", SUBSCRIPTION)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: exemptions.yaml:5: ")
