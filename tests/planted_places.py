"""Resources with a secret in every place of `planted_places.txt`, each another one."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from auditor.model.resource import Origin, Resource

MARK = "c4nary"
_ONE_KEY = ("annotations", "data", "files")
"""The keys below these have dots in them."""
_API = {"core": "v1", "apps": "apps/v1", "batch": "batch/v1"}


class Planted(NamedTuple):
    """One line: a type, the keys and indexes that lead to a secret, and the text around it."""

    type: str
    path: tuple[str | int, ...]
    text: str

    @property
    def is_kubernetes(self) -> bool:
        return not self.type.startswith("Microsoft.")

    def resource(self, number: int, spelling: Callable[[str], str] = str) -> Resource:
        """The resource; `spelling` is how its fields below `properties` are written."""
        secret = f"{MARK}7Zx9Qw{number:03}"
        text = self.text.replace("{c}", secret)
        text = text.replace("{b}", base64.b64encode(f"padding: {secret} and more".encode()).decode())
        settings = f"db:\n  user: app\n  password: {secret}\n"
        text = text.replace("{sb}", base64.b64encode(settings.encode()).decode())
        text = text.replace("{sw}", base64.b64encode(settings.encode("utf-16-le")).decode())
        text = text.replace("{gz}", base64.b64encode(gzip.compress(settings.encode(), mtime=0)).decode())
        text = text.replace("{zz}", base64.b64encode(zlib.compress(settings.encode())).decode())
        value = json.loads(text[5:]) if text.startswith("json:") else text
        head, *path = self.path
        spelled = [spelling(key) if isinstance(key, str) else key for key in path]
        body = {**self._identity(number), **({} if head == "metadata" else {head: _nested(spelled, value)})}
        if head == "metadata":
            body["metadata"] = {**body["metadata"], **_nested(spelled, value)}
        return Resource(self.type, body, Origin())

    def _identity(self, number: int) -> dict[str, Any]:
        if self.is_kubernetes:
            group, kind = self.type.split("/")
            metadata = {"name": f"planted-{number}", "namespace": "shop"}
            return {"apiVersion": _API.get(group, f"{group}/v1"), "kind": kind, "metadata": metadata}
        provider, *kinds = self.type.split("/")
        named = "/".join(f"{kind}/planted{number}" for kind in kinds)
        scope = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/planted"
        name = "/".join(f"planted{number}" for _ in kinds)
        return {"id": f"{scope}/providers/{provider}/{named}", "name": name, "type": self.type}


def _nested(path: list[Any], text: Any) -> Any:
    if not path:
        return text
    key, *rest = path
    inner = _nested(rest, text)
    if not isinstance(key, int):
        return {key: inner}
    return [{"name": "setting", **inner} if isinstance(inner, dict) else inner] * (key + 1)


def _planted(line: str) -> Planted:
    kind, path, text = (part.strip() for part in line.split("|", 2))
    keys: list[str | int] = []
    parts = path.split(".")
    while parts:
        part = parts.pop(0)
        keys.append(int(part) if part.isdigit() else part)
        if part in _ONE_KEY and parts and len(keys) > 0 and not parts[-1].isdigit() and kind not in _NESTED:
            keys.append(".".join(parts))
            break
    return Planted(kind, tuple(keys), re.sub(r"\\n", "\n", text))


_NESTED = frozenset({"Microsoft.Network/applicationGateways", "Microsoft.ApiManagement/service/certificates"})
"""Types whose `data` is a field."""

PLANTED = [
    _planted(line)
    for line in (Path(__file__).parent / "planted_places.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
