"""The history of an estate: what an audit opens, changes and resolves; figures that add up; one transaction."""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import audits
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from auditor.evaluate.finding_writer import fingerprint
from auditor.history.lock import alone
from auditor.history.metrics import history
from auditor.history.store import Store
from auditor.model.audit import Audit, Scope
from auditor.model.errors import AuditorError, InputError, ResourceError
from auditor.model.finding import Evidence, Exemption, Finding, Outcome, ResourceRef
from auditor.model.finding_store import Findings
from auditor.model.gap import Gap
from auditor.publish import outbox

RULE = audits.rule()
SCOPE = Scope(resources=3, resource_types={"Microsoft.KeyVault/vaults": 3}, subscriptions=(audits.SUBSCRIPTION,))
FAIL, PASS, UNKNOWN, ERROR, EXEMPT = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.ERROR, Outcome.EXEMPT
WAIVER = Exemption(category="waiver", owner="team", reason="moves in May", expires_on="2025-06-01")
SINK = "sink"
TABLES = ("audits", "standing", "moves", "types", "latest", "outbox", "sinks")
Day = tuple[Audit, Findings]


def answer(outcome: Outcome, name: str = "kv-1", **more: Any) -> Finding:
    resource = audits.vault(name)
    more = {"exemption": WAIVER, **more} if outcome is EXEMPT else more
    return audits.finding(RULE, resource, outcome, fingerprint=fingerprint(RULE.id, resource.id, None), **more)


def day(number: int, *findings: Finding, **more: Any) -> Day:
    audit, kept = audits.audit_of([RULE], findings, **{"scope": SCOPE, **more})
    audit.as_of += dt.timedelta(days=number)
    return audit, kept


def publish(store: Store, *days: Day, full: bool = False, sink: str = SINK) -> list[dict[str, Any]]:
    """Record audits; all records that were made for the sink, in order."""
    for audit, findings in days:
        outbox.record(store, "prod", audit, findings, b"{}", {sink: full})
    return [json.loads(row) for _number, row in outbox.waiting(store, sink)]


def became(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["Change"], one["Status"]) for one in records if one["RecordType"] == "Finding"]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store(tmp_path / "history.db") as opened:
        yield opened


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (FAIL, FAIL, []),
        (FAIL, PASS, [("Resolved", "Resolved")]),
        (FAIL, EXEMPT, [("Changed", "Exempt")]),
        (FAIL, UNKNOWN, [("Changed", "NotEvaluated")]),
        (FAIL, ERROR, [("Changed", "NotEvaluated")]),
        (EXEMPT, FAIL, [("Changed", "Open")]),
        (EXEMPT, EXEMPT, []),
        (EXEMPT, PASS, [("Resolved", "Resolved")]),
        (UNKNOWN, UNKNOWN, []),
        (UNKNOWN, FAIL, [("Changed", "Open")]),
        (UNKNOWN, PASS, [("Resolved", "Resolved")]),
        (PASS, FAIL, [("Opened", "Open")]),
        (PASS, PASS, []),
        (PASS, UNKNOWN, [("Opened", "NotEvaluated")]),
    ],
)
def test_what_an_audit_does_to_a_finding(store: Store, first: Outcome, second: Outcome, expected: Any) -> None:
    begun = publish(store, day(0, answer(first)))
    assert became(publish(store, day(1, answer(second)))[len(begun) :]) == expected


def test_what_is_gone_from_where_the_audit_looked_is_resolved(store: Store) -> None:
    records = publish(store, day(0, answer(FAIL), answer(PASS, "kv-2")), day(1, answer(PASS, "kv-2")))
    assert became(records) == [("Opened", "Open"), ("Resolved", "Resolved")]
    resolved = records[2]
    assert resolved["ResourceName"] == "kv-1"
    assert resolved["FirstSeen"].startswith("2025-01-15")
    assert resolved["Message"] == "It was looked at, and is there no more."


@pytest.mark.parametrize(
    "blind",
    [
        {"scope": Scope(resources=1, resource_types={"Microsoft.Sql/servers": 1}, subscriptions=SCOPE.subscriptions)},
        {"scope": Scope(resources=1, resource_types=SCOPE.resource_types, subscriptions=("another",))},
        {"scope": replace(SCOPE, resource_groups=("another",))},
        {"gaps": [Gap(what="all of it", reason="403")]},
        {"gaps": [Gap(what=audits.vault("kv-1").id, reason="403")]},
    ],
)
def test_where_an_audit_did_not_look_nothing_is_resolved(store: Store, blind: dict[str, Any]) -> None:
    records = publish(store, day(0, answer(FAIL)), day(1, answer(PASS, "kv-2"), **blind))
    assert became(records) == [("Opened", "Open")]
    assert became(publish(store, day(2, answer(PASS)))) == [("Opened", "Open"), ("Resolved", "Resolved")]


def test_a_resource_group_that_is_audited_alone_resolves_what_is_gone_from_it(store: Store) -> None:
    alone = {"scope": replace(SCOPE, resource_groups=("RG-data",))}
    records = publish(store, day(0, answer(FAIL), **alone), day(1, answer(PASS, "kv-2"), **alone))
    assert became(records) == [("Opened", "Open"), ("Resolved", "Resolved")]


@pytest.mark.parametrize(
    ("first", "second", "gone"),
    [
        ((), (), True),
        (("rg",), ("rg",), True),
        (("rg",), (), True),
        ((), ("rg",), False),
        (("a", "rg"), ("rg",), False),
    ],
)
def test_what_is_derived_is_gone_where_all_was_read_that_had_been(
    store: Store, first: tuple[str, ...], second: tuple[str, ...], gone: bool
) -> None:
    """The record and the network of an endpoint may lie in another group."""
    derived = ResourceRef(id="/privateConnectivity/aa", type="auditor/privateConnectivity", name="aa")
    fails = replace(answer(FAIL), resource=derived, fingerprint="derived")
    days = [
        day(0, fails, scope=replace(SCOPE, resource_groups=first)),
        day(1, scope=replace(SCOPE, resource_groups=second)),
    ]
    assert became(publish(store, *days)) == [("Opened", "Open"), *([("Resolved", "Resolved")] if gone else [])]


PLACES = [
    ({"subscriptions": (audits.SUBSCRIPTION, "other")}, {"subscriptions": (audits.SUBSCRIPTION,)}, False),
    ({"subscriptions": (audits.SUBSCRIPTION,)}, {"subscriptions": (audits.SUBSCRIPTION, "other")}, True),
    ({"clusters": ("prod", "test")}, {"clusters": ("prod",)}, False),
    ({"clusters": ("prod",)}, {"clusters": ("prod",)}, True),
]


@pytest.mark.parametrize(("first", "second", "gone"), PLACES)
def test_a_path_is_gone_where_every_subscription_and_cluster_was_read_again(
    store: Store, first: dict[str, Any], second: dict[str, Any], gone: bool
) -> None:
    derived = ResourceRef(id="/trafficPaths/aa", type="auditor/trafficPath", name="aa")
    fails = replace(answer(FAIL), resource=derived, fingerprint="derived")
    days = [day(0, fails, scope=replace(SCOPE, **first)), day(1, scope=replace(SCOPE, **second))]
    became_of = became(publish(store, *days))
    assert became_of == [("Opened", "Open"), *([("Resolved", "Resolved")] if gone else [])]
    if not gone:  # what nobody read for a month is no part of the estate any more
        assert became(publish(store, day(40, scope=replace(SCOPE, **second))))[-1] == ("Resolved", "Resolved")


def test_a_finding_keeps_its_first_day_through_what_could_not_be_evaluated(store: Store) -> None:
    days = [day(0, answer(FAIL)), day(1, answer(UNKNOWN)), day(2, answer(FAIL, gap="still so"))]
    assert {one["FirstSeen"][:10] for one in publish(store, *days) if "FirstSeen" in one} == {"2025-01-15"}


def test_another_moment_is_no_change(store: Store) -> None:
    """`expected` of an age is a moment that moves with the clock."""
    then, now = (
        answer(FAIL, evidence=(Evidence(path="p", actual="2020-01-01", expected=f"after {moment}"),), message=moment)
        for moment in ("2025-01-01", "2025-01-02")
    )
    assert became(publish(store, day(0, then), day(1, now))) == [("Opened", "Open")]


def test_every_audit_ends_with_a_summary_that_counts_its_records(store: Store) -> None:
    days = [day(0, answer(FAIL), answer(FAIL, "kv-2")), day(1, answer(FAIL), answer(PASS, "kv-2"))]
    records = publish(store, *days)
    assert [one["RecordType"] for one in records] == ["Finding", "Finding", "ScanSummary", "Finding", "ScanSummary"]
    assert [one["Records"] for one in records if one["RecordType"] == "ScanSummary"] == [2, 1]


def test_the_same_audit_is_recorded_once(store: Store) -> None:
    first = publish(store, day(0, answer(FAIL)))
    assert publish(store, day(0, answer(FAIL))) == first


def test_audits_of_one_moment_that_found_something_else_are_two(store: Store) -> None:
    """As with --as-of DAY: the counts are the same, and what they count is not."""
    records = publish(store, day(0, answer(FAIL), answer(PASS, "kv-2")), day(0, answer(PASS), answer(FAIL, "kv-2")))
    assert became(records) == [("Opened", "Open"), ("Resolved", "Resolved"), ("Opened", "Open")]


def test_a_sink_that_comes_later_gets_what_stands(store: Store) -> None:
    days = [day(0, answer(FAIL), answer(FAIL, "kv-2")), day(1, answer(FAIL), answer(PASS, "kv-2"))]
    publish(store, *days)
    later = publish(store, days[1], sink="later")
    assert became(later) == [("Unchanged", "Open")]
    assert (later[-1]["RecordType"], later[-1]["Records"]) == ("ScanSummary", 1)
    assert publish(store, days[1], sink="later") == later  # once


def test_an_audit_that_is_published_again_in_full_mode_is_sent_again(store: Store) -> None:
    days = [day(0, answer(FAIL), answer(FAIL, "kv-2")), day(1, answer(FAIL), answer(PASS, "kv-2"))]
    sent = publish(store, *days)
    again = publish(store, days[1], full=True)[len(sent) :]
    assert {(one["FindingId"], one["Status"]) for one in again[:-1]} == {
        (answer(FAIL).fingerprint, "Open"),
        (answer(FAIL, "kv-2").fingerprint, "Resolved"),
    }
    assert again[-1]["Records"] == 2
    assert {one["RecordId"] for one in again} > {one["RecordId"] for one in sent[3:]}


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(["kv-1", "kv-2", "kv-3"]), st.sampled_from(list(Outcome)), min_size=1),
            st.sets(st.sampled_from(["a", "b", "c"]), min_size=1),
            st.booleans(),
        ),
        min_size=1,
        max_size=7,
    )
)
@settings(max_examples=50)
def test_every_sink_shows_what_stands(
    tmp_path_factory: pytest.TempPathFactory, days: list[tuple[dict[str, Outcome], set[str], bool]]
) -> None:
    """However often a sink was left out: the latest record of each finding says how it stands."""
    with Store(tmp_path_factory.mktemp("history") / "h.db") as store:
        for number, (outcomes, sinks, full) in enumerate(days):
            audit, findings = day(number, *(answer(outcome, name) for name, outcome in sorted(outcomes.items())))
            outbox.record(store, "prod", audit, findings, b"{}", dict.fromkeys(sorted(sinks), full))
            stands = {name: state.status.value for name, state in store.states("prod").items()}
            for sink in sinks:
                made = [json.loads(row) for _number, row in outbox.waiting(store, sink)]
                assert len({(one["RecordId"]) for one in made}) == len(made)
                latest = {one["FindingId"]: one["Status"] for one in made if one["RecordType"] == "Finding"}
                assert {name: status for name, status in latest.items() if status != "Resolved"} == stands
                ofs = [one for one in made if one["ScanId"] == made[-1]["ScanId"]]
                assert ofs[-1]["Records"] == len(ofs) - 1


def test_in_full_mode_every_finding_is_sent_each_time(store: Store) -> None:
    records = publish(store, day(0, answer(FAIL)), day(1, answer(FAIL)), full=True)
    assert became(records) == [("Opened", "Open"), ("Unchanged", "Open")]
    assert len({one["RecordId"] for one in records}) == len(records)
    assert len({one["FindingId"] for one in records if "FindingId" in one}) == 1


def test_what_stands_is_sent_again_after_a_week(store: Store) -> None:
    records = publish(store, *(day(number, answer(FAIL)) for number in range(17)))
    at = [one["ScanTime"][:10] for one in records if one["RecordType"] == "Finding"]
    assert at == ["2025-01-15", "2025-01-22", "2025-01-29"]


def test_an_older_audit_is_refused(store: Store) -> None:
    publish(store, day(1, answer(FAIL)))
    with pytest.raises(InputError, match="history of prod goes to 2025-01-16"):
        publish(store, day(0, answer(PASS)))


def test_a_file_that_is_something_else_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("these are my notes, and they are long enough to be taken for a page of a database" * 20)
    before = path.read_bytes()
    with pytest.raises(InputError, match="cannot be used as a history"):
        Store(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE audits (x)")
    before = path.read_bytes()
    with pytest.raises(InputError, match="is no history"):
        Store(path)
    assert path.read_bytes() == before


def test_a_history_of_a_newer_auditor_is_not_touched(store: Store, tmp_path: Path) -> None:
    store.ask("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="newer auditor"):
        Store(tmp_path / "history.db")


def test_a_history_of_an_older_auditor_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    days = [day(0, answer(FAIL)), day(1, answer(PASS))]
    with Store(path) as store:
        publish(store, days[0])
    with closing(sqlite3.connect(path)) as db:  # as the first version had it
        db.executescript(
            "".join(f"ALTER TABLE {table} DROP COLUMN checksum; " for table in TABLES if table != "sinks")
            + "ALTER TABLE moves DROP COLUMN resource; ALTER TABLE types DROP COLUMN seen; DROP TABLE sinks; "
            "PRAGMA user_version = 1"
        )
    with Store(path) as store:
        assert became(publish(store, days[1])) == [("Opened", "Open"), ("Resolved", "Resolved")]


def test_a_damaged_history_is_reported(tmp_path: Path) -> None:
    """A changed byte is noticed when the history is opened, unless it is one that holds nothing."""
    path = tmp_path / "history.db"
    with Store(path) as store:
        publish(store, day(0, *(answer(FAIL, f"kv-{number}") for number in range(20))))
    whole, content = path.read_bytes(), content_of(path)
    random = Random(1)
    noticed = 0
    for place in (random.randrange(100, len(whole)) for _ in range(300)):
        damaged = bytearray(whole)
        damaged[place] ^= random.randrange(1, 256)
        path.write_bytes(damaged)
        try:
            Store(path, write=False).close()
        except AuditorError:
            noticed += 1
        else:
            assert content_of(path) == content, place
    assert noticed > 100


def content_of(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as db:
        return [db.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall() for table in TABLES]


def test_a_history_that_may_only_be_read(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with Store(path) as store:
        publish(store, day(0, answer(FAIL)))
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    there = set(tmp_path.iterdir())
    code = "import sys, pathlib; from auditor.history.store import Store; "
    code += "print(Store(pathlib.Path(sys.argv[1]), write=False).estates())"
    plain = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    plain += ["--inh-caps", "-all,+dac_read_search", "--ambient-caps", "+dac_read_search"]  # to read, wherever it lies
    command = [*(plain if os.geteuid() == 0 else []), sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    tmp_path.chmod(0o755)
    assert done.stdout == "['prod']\n", done.stderr
    assert set(tmp_path.iterdir()) == there


def test_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with alone(path, 0, "busy"), pytest.raises(ResourceError, match="busy"), alone(path, 0, "busy"):
        pass
    with alone(path, 0, "busy"):
        pass


def test_a_disk_that_is_full_changes_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "history.db") as store:
        publish(store, day(0, answer(FAIL)))
        pages = store.ask("PRAGMA page_count")[0][0]
        store.ask(f"PRAGMA max_page_count = {pages + 1}")
        many = [answer(FAIL, f"kv-{i}", message="x" * 5000) for i in range(200)]
        with pytest.raises(ResourceError, match="full"):
            publish(store, day(1, *many))
        assert len(store.states("prod")) == 1
        assert [at[:10] for at, _figures in store.audits("prod")] == ["2025-01-15"]
        store.ask("PRAGMA max_page_count = 1000000")
        publish(store, day(1, *many))
        assert len(store.states("prod")) == 200


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["kv-1", "kv-2", "kv-3"]), st.sampled_from(list(Outcome)), min_size=1),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=60)
def test_figures_add_up(tmp_path_factory: pytest.TempPathFactory, days: list[dict[str, Outcome]]) -> None:
    """Against a plain model: a finding fails from its first failure until an audit that sees it well or gone."""
    failing: dict[str, int] = {}
    opened = resolved = 0
    mended: list[int] = []
    standing: dict[str, Outcome] = {}
    with Store(tmp_path_factory.mktemp("history") / "h.db") as store:
        for number, outcomes in enumerate(days):
            publish(store, day(number, *(answer(outcome, name) for name, outcome in sorted(outcomes.items()))))
            for name in {*standing, *outcomes}:
                outcome = outcomes.get(name, PASS)
                if outcome is PASS:
                    standing.pop(name, None)
                    if name in failing:
                        mended.append(number - failing.pop(name))
                        resolved += 1
                    continue
                standing[name] = outcome
                if outcome is FAIL and name not in failing:
                    failing[name] = number
                    opened += 1
        found = history(store, "prod")
    assert sum(line.opened for line in found.severities) == opened == sum(run.opened for run in found.runs)
    assert sum(line.resolved for line in found.severities) == resolved == sum(run.resolved for run in found.runs)
    assert sum(line.open for line in found.severities) == sum(outcome is FAIL for outcome in standing.values())
    if mended:
        assert found.rules[0].days_to_mend == round(sum(mended) / len(mended), 2)


def test_what_is_committed_can_be_read_beside_a_writer(tmp_path: Path) -> None:
    with Store(tmp_path / "h.db") as writer, Store(tmp_path / "h.db") as reader:
        publish(writer, day(0, answer(FAIL)))
        with writer.transaction() as db:
            db.execute("DELETE FROM standing")
            assert len(reader.states("prod")) == 1
        assert not reader.states("prod")
