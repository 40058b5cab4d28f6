"""Rough use of the command line: signals, full disks, closed streams, odd places. No traceback, ever."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import tools

pytestmark = pytest.mark.slow

VAULT = {
    "type": "Microsoft.KeyVault/vaults",
    "name": "kv1",
    "id": "/subscriptions/1/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv1",
    "properties": {},
}
PURGE = "azure.key-vault.purge-protection"
FORMS = ("text", "json", "sarif", "html")
Run = Any


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Starts a command, in a session of its own so that a whole group can be sent a signal."""

    def begin(*args: str, **given: Any) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **given.pop("env", {})}
        given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": tmp_path, **given}
        # a child of a shell's background job has SIGINT ignored, one of nohup SIGHUP: as from a terminal, they are not
        command = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        command += "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        command += "from auditor.cli import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", command, *args], env=environment, start_new_session=True, **given
        )

    return begin


@pytest.fixture
def run(start: Any) -> Any:
    def call(*args: str, **given: Any) -> tuple[int, str, str]:
        process = start(*args, **given)
        out, err = process.communicate(timeout=tools.PATIENCE)
        return process.returncode, (out or b"").decode(errors="replace"), (err or b"").decode()

    return call


@pytest.fixture
def vault(tmp_path: Path) -> str:
    (tmp_path / "in.json").write_text(json.dumps([VAULT]))
    return "in.json"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("large") / "large.ndjson"
    with path.open("w") as stream:
        for number in range(50_000):
            stream.write(json.dumps({**VAULT, "id": f"{VAULT['id']}{number}", "pad": "x" * 450}) + "\n")
    yield str(path)
    path.unlink()


def jobs_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Its two children, once they are there."""
    while process.poll() is None:
        told = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        if len(told.split()) == 2:
            return [int(child) for child in told.split()]
        time.sleep(0.005)
    raise AssertionError("it ended without jobs")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("to", [("-f", "json", "-o", "out/x.json"), ("--save-snapshot", "out/snap")])
def test_a_signal_leaves_nothing_half_written(
    start: Any, tmp_path: Path, large: str, number: signal.Signals, to: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for _ in range(9):
        process = start("scan", "--from", large, "--select", PURGE, *to)
        while process.poll() is None and not list(out.iterdir()):  # until something is being written
            time.sleep(0.01)
        process.send_signal(number)
        _, err = process.communicate(timeout=tools.PATIENCE)
        left = list(out.iterdir())
        assert not [path for path in left if path.name.startswith(".")]
        if not left:
            break
        shutil.rmtree(out)  # all was written before the signal arrived
        out.mkdir()
    assert (process.returncode, err.decode(), left) == (3, "Interrupted.\n", [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("group", [True, False])
def test_jobs_end_with_their_parent(
    start: Any, tmp_path: Path, large: str, number: signal.Signals, group: bool
) -> None:
    process = start("scan", "--from", large, "--jobs", "2", env={"TMPDIR": str(tmp_path)})
    children = jobs_of(process)
    time.sleep(0.3)
    os.kill(-process.pid if group else process.pid, number)
    _, err = process.communicate(timeout=tools.PATIENCE)
    assert (process.returncode, err.decode()) == (3, "Interrupted.\n")
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert not list(tmp_path.iterdir()), "a temporary folder is left"


def test_a_job_that_is_killed_is_said(start: Any, large: str) -> None:
    process = start("scan", "--from", large, "--select", PURGE, "--jobs", "2")
    children = jobs_of(process)
    os.kill(children[1], signal.SIGKILL)
    out, err = process.communicate(timeout=tools.PATIENCE)
    assert (process.returncode, out) == (3, b"")
    assert err.decode().startswith("Error: One of the jobs ended with code -9 before it was done.\nHint: ")


@pytest.mark.parametrize("args", [("rules", "list"), ("rules", "list", "--format", "json"), ("scan", "--help")])
def test_a_reader_that_went_away_is_no_error(start: Any, args: tuple[str, ...]) -> None:
    with start(*args) as process:
        process.stdout.close()
        assert (process.wait(tools.PATIENCE), process.stderr.read()) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("args", [("rules", "list"), ("scan", "--from", "in.json"), ("rules", "show", PURGE)])
def test_a_full_disk_is_said(run: Run, vault: str, args: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        code, _, err = run(*args, stdout=full)
    assert code == 3
    assert "No space left on device" in err
    assert "Traceback" not in err


def test_closed_streams(run: Run, vault: str) -> None:
    def closed(*numbers: int) -> Any:
        return lambda: [os.close(number) for number in numbers]

    code, _, err = run("scan", "--from", vault, stdout=None, preexec_fn=closed(1))
    assert code == 3
    assert err.startswith("Error: The report cannot be written to stdout: it is closed.")
    assert run("scan", "--from", vault, "--select", PURGE, stderr=None, preexec_fn=closed(2))[0] == 1
    code, out, err = run("scan", "--from", "-", preexec_fn=closed(0))
    assert (code, err) == (3, "Exit code 3, for nothing was evaluated.\n")
    assert "standard input: the file is empty" in out


def test_places_that_cannot_be_written(run: Run, tmp_path: Path, vault: str) -> None:
    (tmp_path / "folder").mkdir()
    for place in ("folder", "nowhere/x.json", "in.json/x.json", "x" * 300 + ".json"):
        code, out, err = run("scan", "--from", vault, "-f", "json", "-o", place)
        assert (code, out) == (3, "")
        assert err.startswith(f"Error: {place} cannot be written: ")
    (tmp_path / "folder" / "file").write_text("mine")
    for place in ("folder", "in.json", "in.json/x", "/dev/null"):
        code, out, err = run("scan", "--from", vault, "--save-snapshot", place)
        assert (code, out) == (3, "")
        assert err.startswith(f"Error: {place} ")
    assert (tmp_path / "folder" / "file").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "in.json"]


def test_the_cache_is_not_needed(run: Run, vault: str) -> None:
    for place in ("/dev/null", "/proc/nowhere"):
        code, out, err = run("scan", "--from", vault, "--select", PURGE, env={"AUDITOR_CACHE_DIR": place})
        assert (code, err) == (1, "")
        assert PURGE in out


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    from auditor.ruleset import cache as rule_cache

    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("AUDITOR_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    rule_cache.store("x", [])


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "latin-1"}


def test_a_terminal_without_unicode(run: Run, tmp_path: Path, vault: str) -> None:
    rule = tmp_path / "mine" / "own" / "thing" / "tls.yaml"
    assert run("rules", "new", "own.thing.tls", "--folder", "mine")[0] == 0
    rule.write_text(rule.read_text().replace("TODO", "Größe \N{SNOWMAN}"), encoding="utf-8")
    code, out, err = run("rules", "show", "own.thing.tls", "--rules", "mine", env=ASCII)
    assert (code, err) == (0, "")
    assert "\\u2603" in out
    code, out, err = run("scan", "--from", "größe.json", env=ASCII)
    assert (code, out) == (3, "")
    assert err.startswith("Error: gr")


def test_names_that_are_no_text(run: Run, tmp_path: Path) -> None:
    name = os.fsencode("b") + b"\xff.json"
    Path(os.fsdecode(tmp_path / os.fsdecode(name))).write_text(json.dumps([VAULT, {"id": "no type"}]))
    for form in FORMS:
        code, out, err = run("scan", "--from", os.fsdecode(name), "-q", "-f", form, "--save-snapshot", "snap")
        assert (code, err) == (3, "")
        assert "b\\udcff.json" in json.loads(json.dumps(out)) or "udcff.json" in out
    assert run("scan", "--from", ".", "-f", "json")[0] == 3
    assert run("gate", os.fsdecode(name), "-f", "json")[0] in (1, 3)
    assert run("report", os.fsdecode(name))[0] == 3


def test_an_incomplete_audit_says_why(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(json.dumps([VAULT, {"id": "\x1bnothing"}]))
    args = ("--from", "in.json", "--select", PURGE, "-f", "json")
    for end in ((), ("-o", "audit.json")):
        code, _, err = run("scan", *args, *end)
        told = "Exit code 3, for the audit is incomplete: 1 gap. "
        assert (code, err) == (
            3,
            told + "First gap: in.json: item 1 (\\x1bnothing): it has neither the `type` of Azure nor the `apiVersion` "
            "and `kind` of Kubernetes, so no rule can judge it\n",
        )
    assert run("report", "audit.json", "-f", "csv", "--fail-on", "low")[2] == err
    assert run("scan", *args, "-q")[2] == ""
    assert run("scan", *args[:-2])[2] == "Exit code 3, for the audit is incomplete: 1 gap.\n", "the report says which"
    (tmp_path / "in.json").write_text("[]")
    assert run("scan", *args)[2].startswith("Nothing was evaluated.")


def test_unknown_answers_alone_end_a_scan_with_3_which_is_told_with_the_way_out(run: Run, tmp_path: Path) -> None:
    """As an export without properties is, to somebody who looks at `$?` for the first time."""
    bare = {**VAULT, "properties": None}
    (tmp_path / "in.json").write_text(json.dumps([bare]))
    args = ("scan", "--from", "in.json", "--select", PURGE)
    code, out, err = run(*args)
    assert (code, "UNKNOWN" in out) == (3, True)
    assert err == (
        "Exit code 3, for the audit is incomplete: 1 answer not known. "
        "With --fail-on-unknown never, failures alone decide.\n"
    )
    assert run(*args, "--fail-on-unknown", "never")[::2] == (0, "")
    assert "--fail-on-unknown never" not in run(*args, "--fail-on-unknown", "low")[2], "it was asked for"


@pytest.mark.parametrize("form", FORMS)
def test_names_with_lone_surrogates(run: Run, tmp_path: Path, form: str) -> None:
    (tmp_path / "x.ndjson").write_text('{"type": "A/b", "name": "\\ud800", "id": "\\udfff"}\n' + json.dumps(VAULT))
    code, out, err = run("scan", "--from", "x.ndjson", "-q", "-f", form)
    assert (code, err) == (3, "")
    assert "x.ndjson" in out


def test_pipes_are_read_once(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["sh", "-c", f"echo '{json.dumps([VAULT])}' > {tmp_path / 'pipe'}"]):
        assert run("scan", "--from", "pipe", "--select", PURGE)[:1] == (1,)
    with subprocess.Popen(["echo", json.dumps([VAULT])], stdout=subprocess.PIPE) as echo:
        assert run("scan", "--from", "/dev/stdin", "--select", PURGE, stdin=echo.stdout)[0] == 1


def test_changes_come_from_pipes_and_folders(run: Run, tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostNetwork: true}\n"
    for text, what in ((json.dumps([VAULT]), "kv1"), (pod, '"name":"p"')):
        with subprocess.Popen(["printf", "%s", text], stdout=subprocess.PIPE) as given:
            code, out, err = run("gate", "-", "-q", "-f", "json", "--outcomes", "fail", stdin=given.stdout)
        assert (code, err) in ((1, ""), (3, ""))
        assert what in out
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["sh", "-c", f"echo '{pod}' > {tmp_path / 'pipe'}"]):
        assert run("gate", "pipe")[0] in (1, 3)
    (tmp_path / "k8s" / "inner").mkdir(parents=True)
    (tmp_path / "k8s" / "inner" / "pod.yaml").write_text(pod)
    code, out, err = run("gate", "k8s", "-q", "-f", "json", "--outcomes", "fail")
    assert (code, err) in ((1, ""), (3, ""))
    assert '"file":"k8s/inner/pod.yaml"' in out
    with subprocess.Popen(["printf", "{"], stdout=subprocess.PIPE) as given:
        code, out, err = run("gate", "-", stdin=given.stdout)
    assert (code, out) == (3, "")
    assert err.startswith("Error: standard input, line 1, column 2: the file ends")


def test_loops_of_links(run: Run, tmp_path: Path, vault: str) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    code, out, err = run("scan", "--from", ".", "--from", "again", "--from", vault, "--select", PURGE, "-f", "json")
    assert (code, err) == (1, "")
    assert len(json.loads(out)["findings"]) == 1
    code, _, err = run("scan", "--from", "one")
    assert (code, err.split("\n")[0]) == (3, "Error: one cannot be read: Too many levels of symbolic links.")


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
BROKEN_YAML = {
    "bomb": (BOMB, "its aliases expand to more than 200,000 values"),
    "circle": ("a: &a [*a]", ""),
    "deep": ("[" * 900, ""),
    "deeper": ("[" * 100_000 + "]" * 100_000, "nested deeper than 60 levels"),
    "dashes": ("- " * 100_000, "nested deeper than 60 levels"),
    "huge": ("a: b\n" * 1_000_000, "is larger than 4 MiB"),
    "cut": ("[" * 100_000, ""),
    "block": ("".join(" " * level + "a:\n" for level in range(300)), "nested deeper than 60 levels"),
    "bool": ("a: !!bool maybe", "x.yaml:1: 'maybe' is no bool"),
    "int": ("id: x\na: !!int good", "x.yaml:2: 'good' is no int"),
    "digits": ("a: " + "9" * 5000, "is no int"),
    "large": ("a: " + "9" * 50, "is no number that JSON can hold"),
    "infinite": ("a: .inf", "is no number that JSON can hold"),
    "nan": ("a: .nan", "is no number that JSON can hold"),
    "binary": ("a: !!binary '*'", ""),
    "bytes": (b"a: b\nc: \xff", "x.yaml:2: the text is not UTF-8"),
    "utf-16": ("a: b".encode("utf-16"), "x.yaml:1: the text is not UTF-8"),
    "control": (b"a: \x07", ""),
    "nul": (b"a: \x00", ""),
    "empty": ("", ""),
    "list": ("[]", ""),
    "two": ("a: b\n---\nc: d", ""),
    "object": ("a: !!python/object:os.system id", "could not determine a constructor"),
}


@pytest.mark.parametrize("name", BROKEN_YAML)
def test_a_broken_rule_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from auditor.model.errors import RuleError
    from auditor.ruleset import loader
    from auditor.ruleset.loader import load_rules, sources

    (tmp_path / "bundled").mkdir()
    monkeypatch.setattr(loader, "rules_folder", lambda: tmp_path / "bundled")
    text = BROKEN_YAML[name][0]
    (tmp_path / "x.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    for reader in (lambda: load_rules([str(tmp_path)]), lambda: list(sources([str(tmp_path)]))):
        with pytest.raises(RuleError) as caught:
            reader()
        assert f"{tmp_path / 'x.yaml'}" in caught.value.sentence
        assert BROKEN_YAML[name][1] in caught.value.sentence


@pytest.mark.parametrize("levels", [300, 900, 1000, 1015, 5000])
@pytest.mark.parametrize("form", ["json", "sarif", "html", "csv"])
def test_resources_that_are_very_deep(run: Run, tmp_path: Path, levels: int, form: str) -> None:
    deep = json.dumps({**VAULT, "tags": "@"})
    for name, (left, right) in {"lists": "[]", "objects": ('{"a":', "}")}.items():
        text = deep.replace('"@"', left * levels + "1" + right * levels)
        (tmp_path / f"{name}.ndjson").write_text(f"{text}\n{text}\n")
    code, _, err = run("scan", "--from", ".", "-f", form, "-q", "-o", "out")
    assert (code, err) == (3, "")
    code, _, err = run("scan", "--from", ".", "--save-snapshot", "snap")
    assert code == 3
    assert err.startswith("Exit code 3, for ") or "is nested too deep to be saved" in err


@pytest.mark.parametrize("levels", [300, 1000])
def test_a_plan_that_is_very_deep(run: Run, tmp_path: Path, levels: int) -> None:
    change = {"actions": ["create"], "after": {"name": "x", "tags": "@"}, "after_unknown": {"tags": "@"}}
    item = {"address": "azurerm_key_vault.x", "mode": "managed", "type": "azurerm_key_vault", "name": "x"}
    plan = json.dumps(
        {"format_version": "1.2", "terraform_version": "1.9", "resource_changes": [{**item, "change": change}]}
    )
    (tmp_path / "plan.json").write_text(plan.replace('"@"', '{"a":' * levels + "true" + "}" * levels))
    code, _, err = run("gate", "plan.json", "-q", "-f", "json")
    assert (code, err.split("\n")[0]) in ((1, ""), (3, ""), (3, "Error: plan.json: it is nested too deep."))


def test_a_manifest_that_is_very_deep(run: Run, tmp_path: Path, vault: str) -> None:
    run("scan", "--from", vault, "--save-snapshot", "snap")
    manifest = tmp_path / "snap" / "manifest.json"
    manifest.write_text('{"x": ' + "[" * 100_000 + "]" * 100_000 + "," + manifest.read_text()[1:])
    code, _, err = run("scan", "--from", "snap")
    assert (code, err[:38]) == (3, "Error: snap/manifest.json is damaged: ")


def test_an_input_without_a_name(run: Run, vault: str) -> None:
    code, _, err = run("scan", "--from", "", "--from", vault)
    assert (code, err.split("\n")[0]) == (3, "Error: One of the inputs has no name.")


def test_rule_folders_that_hold_other_things(run: Run, tmp_path: Path, vault: str) -> None:
    for place in ("x" * 300, "x" * 70_000, "nowhere"):
        code, _, err = run("scan", "--from", vault, "--rules", place)
        assert (code, err[:10]) == (2, f"Error: {place[:3]}")
    assert run("rules", "new", "own.thing.tls", "--folder", "mine")[0] == 0
    (tmp_path / "mine" / "folder.yaml").mkdir()
    (tmp_path / "mine" / "gone.yaml").symlink_to("nowhere")
    (tmp_path / "mine" / "again").symlink_to(".")
    os.mkfifo(tmp_path / "mine" / "pipe.yaml")
    assert run("scan", "--from", vault, "--rules", "mine", "--select", "own.*")[0] == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('from: ["a\\0b"]', "auditor.yaml:1: from[0]"),
        ("reports: [{format: json, output: ''}]", "auditor.yaml:1: reports[0].output"),
        (b"from: [\xff]", "auditor.yaml is not UTF-8 text"),
        (BOMB, "its aliases expand"),
        ("asOf: 0001-01-01T00:00:00+23:59", "is not a time"),
        ("- a", "auditor.yaml:1"),
        ("from: 1", "auditor.yaml:1: from"),
    ],
)
def test_broken_settings(run: Run, tmp_path: Path, text: Any, words: str) -> None:
    (tmp_path / "auditor.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    code, out, err = run("scan")
    assert (code, out) == (2, "")
    assert words in err


def test_settings_that_are_no_file(run: Run, tmp_path: Path, vault: str) -> None:
    code, _, err = run("scan", "--from", vault, "--config", ".")
    assert (code, err.split("\n")[0]) == (2, "Error: . cannot be read: Is a directory.")
    code, _, err = run("scan", "--from", vault, "--as-of", "9999-12-31T23:59:59-23:59")
    assert (code, err.split("\n")[0]) == (2, "Error: '9999-12-31T23:59:59-23:59' is not a time.")


def test_an_expression_that_backtracks_elsewhere(run: Run, tmp_path: Path) -> None:
    rule = tmp_path / "mine" / "own" / "thing" / "tls.yaml"
    assert run("rules", "new", "own.thing.tls", "--folder", "mine")[0] == 0
    text = rule.read_text()
    start_, end = text.index("assert:"), text.index("rationale:")
    text = text[:start_] + 'assert: {field: properties.x, matches: "(a+)+$"}\n' + text[end:]
    rule.write_text(
        "\n".join(f"resource: {VAULT['type']}" if s.startswith("resource:") else s for s in text.split("\n"))
    )
    body = {**VAULT, "properties": {"x": "a" * 1_000_000 + "!"}}
    (tmp_path / "in.json").write_text(json.dumps([body]))
    code, out, err = run("scan", "--from", "in.json", "--rules", "mine", "--select", "own.*", "-f", "json")
    assert (code, err) == (1, "")
    assert len(out) < 20_000


def test_a_defect_is_told_as_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from auditor.cli import main, scan

    def broken(*_args: object) -> None:
        raise TypeError("odd")

    monkeypatch.setattr(scan.options, "settings_of", broken)
    with pytest.raises(SystemExit) as ended:
        main(["scan", "--from", "x"])
    assert ended.value.code == 3
    assert capsys.readouterr().err.startswith("Error: auditor has a defect here: TypeError: odd.\nHint: ")
    with pytest.raises(TypeError):
        main(["scan", "--from", "x", "-vv"])


def test_memory_that_is_used_up(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(json.dumps([{**VAULT, "pad": [0] * 5_000_000}]))

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (190 << 20, 190 << 20))

    code, out, err = run("scan", "--from", "in.json", preexec_fn=little)
    assert (code, out) == (3, "")
    assert "Traceback" not in err


def test_an_error_of_a_job_keeps_its_hint() -> None:
    import pickle

    from auditor.model.errors import InputError

    error = pickle.loads(pickle.dumps(InputError("It broke.", "Mend it.")))
    assert (type(error), error.sentence, error.hint) == (InputError, "It broke.", "Mend it.")


INTERRUPTED: Final = """
import os, runpy, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)

class Finder:
    def find_spec(self, name, *_):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
sys.argv = ["auditor", "--help"]
runpy.run_module("auditor", run_name="__main__")
"""


def test_an_interrupt_while_it_starts_prints_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=tools.PATIENCE, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
