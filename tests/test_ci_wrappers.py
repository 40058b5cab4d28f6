"""What runs auditor in pipelines: each step of the GitHub action, the Azure Pipelines template, the GitLab job and the
pre-commit hook is run as its system would, with an environment made up; a local server stands for the systems' APIs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
RULES = "--select azure.key-vault.purge-protection"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
AZURE = yaml.safe_load((ROOT / "deploy" / "azure-pipelines" / "gate.yml").read_text(encoding="utf-8"))
VAULT = {"type": "Microsoft.KeyVault/vaults", "name": "kv", "apiVersion": "2023-07-01", "location": "x"}


class Server(ThreadingHTTPServer):
    """Comments of one pull request, for the API of GitHub and for that of Azure Repos."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.comments: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.token = "t"
        self.me: str | None = "github-actions[bot]"


class Handler(BaseHTTPRequestHandler):
    """Answers like the APIs, as far as comments go."""

    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self._call(None)

    def do_POST(self) -> None:
        self._call(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    do_PATCH = do_POST  # noqa: N815

    def _call(self, body: Any) -> None:
        url = urlsplit(self.path)
        self.server.calls.append(f"{self.command} {url.path}")
        if self.headers["Authorization"] != f"Bearer {self.server.token}":
            self._answer({"message": "Resource not accessible by integration"}, 403)
        elif "/_apis/" in url.path:
            self._azure(url.path, parse_qs(url.query), body)
        else:
            self._github(url.path, parse_qs(url.query), body)

    def _github(self, path: str, query: dict[str, list[str]], body: Any) -> None:
        comments = self.server.comments
        if self.command == "POST" and path == "/graphql":
            viewer = {"login": self.server.me} if self.server.me else None
            self._answer({"data": {"viewer": viewer}})
        elif self.command == "GET" and path == "/repos/o/r/issues/7/comments":
            page, size = int(query["page"][0]), int(query["per_page"][0])
            self._answer(comments[(page - 1) * size : page * size])
        elif self.command == "POST" and path == "/repos/o/r/issues/7/comments":
            assert len(body["body"]) <= 65_536
            comments.append({"id": 100 + len(comments), "user": {"login": self.server.me or "somebody"}, **body})
            self._answer(comments[-1], 201)
        elif self.command == "PATCH" and path.startswith("/repos/o/r/issues/comments/"):
            found = next(each for each in comments if each["id"] == int(path.rpartition("/")[2]))
            found.update(body)
            self._answer(found)
        else:
            self._answer({"message": "Not Found"}, 404)

    def _azure(self, path: str, query: dict[str, list[str]], body: Any) -> None:
        if path == "/_apis/connectionData":
            assert query["api-version"] == ["7.1-preview"]
            me = {"authenticatedUser": {"id": self.server.me}} if self.server.me else {}
            self._answer(me)
            return
        assert query["api-version"] == ["7.1"]
        threads = "/my%20project/_apis/git/repositories/repo/pullRequests/7/threads"
        comments = self.server.comments
        if self.command == "GET" and path == threads:
            made = [{"id": each["thread"], "isDeleted": False, "comments": [each]} for each in comments]
            self._answer({"value": [{"id": 1, "comments": []}, *made]})
        elif self.command == "POST" and path == threads:
            thread, author = 20 + len(comments), {"id": self.server.me}
            comments.append({"thread": thread, "id": 1, "author": author, "content": body["comments"][0]["content"]})
            self._answer({"id": thread})
        elif self.command == "PATCH" and path.startswith(f"{threads}/") and path.endswith("/comments/1"):
            found = next(each for each in comments if each["thread"] == int(path.split("/")[-3]))
            found.update(body)
            self._answer(found)
        else:
            self._answer({"message": "Not Found"}, 404)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def change(tmp_path: Path) -> Path:
    """A template with a vault; `write` says whether it is protected."""
    return tmp_path / "my template.json"


def write(change: Path, on: bool) -> None:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    vault = {**VAULT, "properties": {"enablePurgeProtection": on}}
    change.write_text(json.dumps({"$schema": schema, "contentVersion": "1.0.0.0", "resources": [vault]}))


def bash(script: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A step, with nothing in its environment but what its system sets, and auditor on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {
        key: os.environ[key]
        for key in ("HOME", "LANG", "PYTHONPATH", "TMPDIR", "AUDITOR_CACHE_DIR")
        if key in os.environ
    }
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, check=False,
        env={**kept, "PATH": path, **environment},
    )  # fmt: skip


class Runner:
    """Runs the steps of the action as GitHub does; those that use other actions are left out."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.event = {"pull_request": {"number": 7}}
        self.environment = {
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": server.address,
            "GITHUB_GRAPHQL_URL": f"{server.address}/graphql",
            "GITHUB_EVENT_PATH": str(folder / "event.json"), "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "GITHUB_OUTPUT": str(folder / "output"), "RUNNER_TEMP": str(folder / "tmp"),
        }  # fmt: skip

    def run(self, **inputs: str) -> tuple[int, str]:
        """Code of the last step, and what all printed."""
        (self.folder / "event.json").write_text(json.dumps(self.event))
        (self.folder / "summary.md").unlink(missing_ok=True)
        values = {f"inputs.{key}": value.get("default", "") for key, value in ACTION["inputs"].items()}
        values |= {f"inputs.{key}": value for key, value in inputs.items()}
        values |= {"github.action_path": str(ROOT), "runner.temp": self.environment["RUNNER_TEMP"]}
        printed, code = "", 0
        for step in ACTION["runs"]["steps"]:
            if "run" not in step or step["id"] == "install":
                continue
            Path(self.environment["GITHUB_OUTPUT"]).write_text("")
            own = {key: self._filled(value, values) for key, value in step.get("env", {}).items()}
            done = bash(step["run"], self.folder, {**self.environment, **own})
            printed, code = printed + done.stdout + done.stderr, done.returncode
            for line in Path(self.environment["GITHUB_OUTPUT"]).read_text().splitlines():
                key, _, value = line.partition("=")
                values[f"steps.{step['id']}.outputs.{key}"] = value
            if code:
                break
        return code, printed

    @staticmethod
    def _filled(text: str, values: dict[str, str]) -> str:
        return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda found: values[found[1]], text)


@pytest.fixture
def runner(tmp_path: Path, server: Server) -> Runner:
    return Runner(tmp_path, server)


def test_the_github_action_judges_and_comments_once(runner: Runner, server: Server, change: Path) -> None:
    write(change, on=False)
    server.comments += [{"id": number, "body": f"nice {number}"} for number in range(100)]
    given = {"files": f"\n  {change.name}\n", "arguments": f"{RULES}\n--fail-on high\n", "token": "t"}
    code, printed = runner.run(**given)
    assert code == 1, printed
    assert "::error title=auditor::1 failure: 1 high." in printed
    assert "file=my template.json" in printed
    assert "1 failure: 1 high" in (runner.folder / "summary.md").read_text().replace("\u200b", "")
    reports = runner.folder / "tmp" / "auditor-reports-gate"
    assert {path.name for path in reports.iterdir()} == {
        "auditor.json", "auditor.md", "auditor.sarif", "auditor.xml", "exit-code",
    }  # fmt: skip
    assert len(server.comments) == 101 and server.comments[-1]["body"].startswith("<!-- auditor: gate -->\n## Audit")
    write(change, on=True)
    code, printed = runner.run(**given)
    assert code == 0, printed
    assert len(server.comments) == 101, "the comment is replaced"
    assert "No failures" in server.comments[-1]["body"]
    runner.run(**given, name="other")
    assert len(server.comments) == 102, "another gate has a comment of its own"


def test_a_comment_of_somebody_else_is_never_replaced(runner: Runner, server: Server, change: Path) -> None:
    write(change, on=True)
    theirs = {"id": 1, "user": {"login": "mallory"}, "body": "<!-- auditor: gate -->\nAll is well."}
    server.comments.append(dict(theirs))
    given = {"files": change.name, "arguments": RULES, "token": "t"}
    for _ in range(2):
        assert runner.run(**given)[0] == 0
        assert server.comments[0] == theirs
        assert len(server.comments) == 2
    server.me = None  # the API does not say who we are: nothing is replaced
    assert runner.run(**given)[0] == 0
    assert server.comments[0] == theirs
    assert len(server.comments) == 3


def test_the_github_action_where_it_may_not_comment(runner: Runner, server: Server, change: Path) -> None:
    write(change, on=True)
    code, printed = runner.run(files=change.name, arguments=RULES, token="that of a fork")
    assert code == 0
    assert "::warning title=auditor::The comment could not be written: HTTP Error 403" in printed
    runner.event = {}
    server.calls.clear()
    code, printed = runner.run(files=change.name, arguments=RULES, token="t")
    assert (code, server.calls) == (0, [])
    runner.event, runner.environment["GITHUB_API_URL"] = {"pull_request": {"number": 7}}, "http://127.0.0.1:9"
    assert "::warning" in runner.run(files=change.name, arguments=RULES, token="t")[1]


def test_the_github_action_when_nothing_can_be_judged(runner: Runner, server: Server) -> None:
    code, printed = runner.run(files="missing.json", token="t")
    assert code == 3 and "missing.json" in printed
    assert "could not evaluate the change (exit code 3)" in server.comments[0]["body"]
    code, _ = runner.run(files="missing.json", arguments="--no-such-option; touch hacked", token="t")
    assert code == 2 and not (runner.folder / "hacked").exists()


def test_the_action_refers_to_what_there_is() -> None:
    steps = {step["id"]: step for step in ACTION["runs"]["steps"] if "id" in step}
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    for name in re.findall(r"inputs\.([\w-]+)", text):
        assert name in ACTION["inputs"], name
    written = (ROOT / "deploy" / "gate.sh").read_text(encoding="utf-8")
    for step, output in re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", text):
        assert step in steps and f"{output}=" in written, output
    for step in ACTION["runs"]["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert "run" not in step or step["shell"] == "bash"
        assert "${{" not in step.get("run", ""), "what users write is not put into a script"
    for script in ("deploy/gate.sh", "deploy/install.sh"):
        assert os.access(ROOT / script, os.X_OK)
        assert subprocess.run(["bash", "-n", script], cwd=ROOT, check=False).returncode == 0


def git(folder: Path, *args: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def pull_request(tmp_path: Path) -> Path:
    """A checkout of a pull request that turns the gate off; the target branch fails on high findings."""
    target, checkout = tmp_path / "target", tmp_path / "checkout"
    target.mkdir()
    git(target, "init")
    (target / "auditor.yaml").write_text("failOn: high\n")
    git(target, "add", ".")
    git(target, "commit", "-m", "Settings")
    git(tmp_path, "clone", str(target), str(checkout))
    (checkout / "auditor.yaml").write_text("failOn: never\n")
    write(checkout / "main.json", on=False)
    return checkout


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, 0),  # no pull request: the checkout is the branch itself
        ({"GITHUB_BASE_REF": "main"}, 1),
        ({"SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"}, 1),
        ({"GITHUB_BASE_REF": "missing"}, 1),
        ({"GITHUB_BASE_REF": "main", "AUDITOR_TRUSTED_CONFIG": "checkout"}, 0),
    ],
)
def test_a_pull_request_does_not_set_its_own_threshold(
    pull_request: Path, environment: dict[str, str], code: int
) -> None:
    given = {"AUDITOR_FILES": "main.json", "AUDITOR_ARGUMENTS": RULES, **environment}
    done = bash(f"'{ROOT}/deploy/gate.sh'", pull_request, given)
    assert done.returncode == 0, done.stderr
    assert (pull_request / "auditor-reports" / "exit-code").read_text() == f"{code}\n", done.stderr


def test_a_merge_request_does_not_set_its_own_threshold(pull_request: Path) -> None:
    job = yaml.safe_load((ROOT / "deploy" / "gitlab" / "auditor.gitlab-ci.yml").read_text())[".auditor-gate"]
    given = {**job["variables"], "AUDITOR_FILES": "main.json", "AUDITOR_ARGUMENTS": RULES}
    script = "\n".join(job["script"])
    assert bash(script, pull_request, given).returncode == 0
    assert bash(script, pull_request, {**given, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}).returncode == 1
    missing = {**given, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "missing"}
    assert bash(script, pull_request, missing).returncode not in (0, 1)


def test_the_azure_pipelines_template(tmp_path: Path, server: Server, change: Path) -> None:
    write(change, on=False)
    values = {parameter["name"]: parameter.get("default", "") for parameter in AZURE["parameters"]}
    values |= {"files": change.name, "arguments": RULES, "auditor": str(ROOT), "name": "infra"}
    build = {
        "TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(tmp_path), "SYSTEM_COLLECTIONURI": f"{server.address}/",
        "SYSTEM_TEAMPROJECT": "my project", "BUILD_REPOSITORY_ID": "repo", "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
    }  # fmt: skip

    def filled(text: str) -> str:
        text = re.sub(r"\$\{\{ parameters\.(\w+) \}\}", lambda found: values[found[1]], text)
        return text.replace("$(Agent.TempDirectory)", str(tmp_path)).replace("$(System.AccessToken)", "t")

    def run() -> tuple[int, str]:
        printed, codes = "", [0]
        for step in AZURE["steps"]:
            if "bash" in step and step["displayName"] != "Install auditor":
                own = {key: filled(value) for key, value in step["env"].items()}
                done = bash(step["bash"], tmp_path, {**build, **own})
                printed += done.stdout + done.stderr
                codes.append(done.returncode)
        return max(codes), printed

    code, printed = run()
    assert code == 1, printed
    assert f"##vso[task.uploadsummary]{tmp_path}/auditor-reports-infra/auditor.md" in printed
    for step in AZURE["steps"]:
        published = step.get("inputs", {}).get("testResultsFiles") or step.get("inputs", {}).get("pathToPublish")
        assert published is None or Path(filled(published)).exists()
    write(change, on=True)
    assert run()[0] == 0
    assert len(server.comments) == 1 and "No failures" in server.comments[0]["content"]
    theirs = {"thread": 3, "id": 1, "author": {"id": "mallory"}, "content": "<!-- auditor: infra -->\nAll is well."}
    server.comments.insert(0, dict(theirs))
    assert run()[0] == 0
    assert len(server.comments) == 2 and server.comments[0] == theirs, "a comment of somebody else is left alone"
    server.token = "another"
    code, printed = run()
    assert code == 0 and "##vso[task.logissue type=warning]The comment could not be written: HTTP Error 403" in printed


def test_the_gitlab_job(tmp_path: Path, change: Path) -> None:
    write(change, on=False)
    template = (ROOT / "deploy" / "gitlab" / "auditor.gitlab-ci.yml").read_text(encoding="utf-8")
    job = yaml.safe_load(template)[".auditor-gate"]
    given = {**job["variables"], "AUDITOR_FILES": change.name, "AUDITOR_ARGUMENTS": RULES}
    done = bash("\n".join(job["script"]), tmp_path, given)
    assert done.returncode == 1, done.stderr
    quality = json.loads((tmp_path / job["artifacts"]["reports"]["codequality"]).read_text())
    assert quality[0]["location"]["path"] == change.name
    assert (tmp_path / job["artifacts"]["reports"]["junit"]).exists()
    assert all((tmp_path / path).exists() for path in job["artifacts"]["paths"])
    assert bash("\n".join(job["script"]), tmp_path, {**given, "AUDITOR_ARGUMENTS": ""}).returncode in (1, 3)


def test_the_pre_commit_hook(tmp_path: Path, change: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["language"] == "python" and set(hook["types_or"]) == {"yaml", "json"}
    for on, code in ((False, 1), (True, 0)):
        write(change, on)
        done = bash(f"{hook['entry']} {RULES} '{change.name}'", tmp_path, {})
        assert done.returncode == code, done.stderr
