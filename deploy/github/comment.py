"""Write a report to one comment on a GitHub pull request, which later runs replace.

    comment.py REPORT.md [NAME]

NAME distinguishes several gates of one pull request. Reads GITHUB_TOKEN, GITHUB_REPOSITORY, GITHUB_EVENT_PATH,
GITHUB_API_URL and GITHUB_GRAPHQL_URL as a job has them. Only a comment of the token's own account is replaced: anyone
can write a comment that begins with the marker. A failure to write the comment (the token of a fork is read-only)
prints a warning and exits with 0, because the comment does not decide the gate.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

PAGE, PAGES = 100, 30
LONGEST = 65_536  # characters of a comment
API = "https://api.github.com"


def main(report: str, name: str = "gate") -> None:
    number = pull_request()
    if number is None:
        print("No pull request: no comment.")
        return
    marker = f"<!-- auditor: {name} -->\n"
    body = (marker + Path(report).read_text(encoding="utf-8"))[:LONGEST]
    issues = f"{os.environ.get('GITHUB_API_URL', API)}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    try:
        known = earlier(f"{issues}/{number}/comments", marker, own_login())
        if known is None:
            call("POST", f"{issues}/{number}/comments", {"body": body})
        else:
            call("PATCH", f"{issues}/comments/{known}", {"body": body})
    except OSError as error:  # urllib's errors among them
        print(f"::warning title=auditor::The comment could not be written: {one_line(error)}")


def pull_request() -> int | None:
    """The number of the pull request that started the job."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    found = event.get("pull_request", {}).get("number")
    return found if isinstance(found, int) else None


def own_login() -> str | None:
    """The account that the token belongs to. REST does not answer this for the token of a job; GraphQL does."""
    answer = call("POST", os.environ.get("GITHUB_GRAPHQL_URL", f"{API}/graphql"), {"query": "{viewer{login}}"})
    viewer = (answer.get("data") or {}).get("viewer") or {}
    return viewer.get("login")


def earlier(comments_url: str, marker: str, login: str | None) -> int | None:
    """The comment that an earlier run wrote with the same account. None without one, or for an unknown account."""
    for page in range(1, PAGES + 1 if login else 1):
        comments = call("GET", f"{comments_url}?per_page={PAGE}&page={page}")
        for comment in comments:
            author = (comment.get("user") or {}).get("login")
            if author == login and (comment.get("body") or "").replace("\r\n", "\n").startswith(marker):
                return int(comment["id"])
        if len(comments) < PAGE:
            break
    return None


def call(method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    """One call of the API. Raises OSError."""
    request = urllib.request.Request(  # noqa: S310  (the address is that of the job's own GitHub)
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)


def one_line(error: OSError) -> str:
    """What a workflow command can hold."""
    return " ".join(str(error).replace("%", "%25").split())


if __name__ == "__main__":
    main(*sys.argv[1:])
