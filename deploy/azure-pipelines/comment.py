"""Puts a report on a pull request of Azure Repos as one comment, which later runs replace.

    comment.py REPORT.md [NAME]

NAME tells several gates of one pull request apart. Reads SYSTEM_ACCESSTOKEN and the variables that a build of a pull
request has. Only a comment of the build service's own account is replaced: anyone can write a comment that begins with
the marker. A failure to write the comment (the build service needs "Contribute to pull requests") prints a warning and
exits with 0, because the comment does not decide the gate.
Source: https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads (API version 7.1)
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

LONGEST = 65_000  # characters; Azure Repos takes 150,000
CLOSED, MARKDOWN_TEXT = 4, 1  # CommentThreadStatus, CommentType


def main(report: str, name: str = "gate") -> None:
    number = os.environ.get("SYSTEM_PULLREQUEST_PULLREQUESTID", "")
    if not number.isdigit():
        print("No pull request: no comment.")
        return
    marker = f"<!-- auditor: {name} -->\n"
    body = (marker + Path(report).read_text(encoding="utf-8"))[:LONGEST]
    project, repository = (urllib.parse.quote(os.environ[key]) for key in ("SYSTEM_TEAMPROJECT", "BUILD_REPOSITORY_ID"))
    threads = f"{project}/_apis/git/repositories/{repository}/pullRequests/{number}/threads"
    try:
        known = earlier(threads, marker, own_id())
        if known is None:
            comment = {"parentCommentId": 0, "content": body, "commentType": MARKDOWN_TEXT}
            call("POST", threads, {"comments": [comment], "status": CLOSED})  # an open one would hold the merge
        else:
            call("PATCH", f"{threads}/{known[0]}/comments/{known[1]}", {"content": body})
    except OSError as error:  # urllib's errors among them
        print(f"##vso[task.logissue type=warning]The comment could not be written: {' '.join(str(error).split())}")


def own_id() -> str | None:
    """The id of the account that the token belongs to."""
    user = call("GET", "_apis/connectionData", version="7.1-preview").get("authenticatedUser") or {}
    return user.get("id")


def earlier(threads: str, marker: str, account: str | None) -> tuple[int, int] | None:
    """The thread and the comment of an earlier run with the same account; None when the account is unknown."""
    for thread in call("GET", threads).get("value", []) if account else ():
        for comment in (thread.get("comments") or [])[:1]:
            ours = (comment.get("author") or {}).get("id") == account and not thread.get("isDeleted")
            if ours and (comment.get("content") or "").replace("\r\n", "\n").startswith(marker):
                return int(thread["id"]), int(comment["id"])
    return None


def call(method: str, path: str, body: dict[str, Any] | None = None, version: str = "7.1") -> Any:
    """One call of the API. Raises OSError."""
    request = urllib.request.Request(  # noqa: S310  (the address is that of the build's own Azure DevOps)
        f"{os.environ['SYSTEM_COLLECTIONURI']}{path}?api-version={version}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['SYSTEM_ACCESSTOKEN']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
