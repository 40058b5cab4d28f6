"""The data plane of Key Vault: metadata of certificates, keys and secrets. A secret's value is never asked for."""

from __future__ import annotations

import base64
from typing import Any, Final

from tests.azure.clouds import Cloud
from tests.azure.entra import TENANT, Entra
from tests.azure.estate import Body, Estate
from tests.azure.http import Answer, Call, Refused, Violation
from tests.azure.rights import Rights

VERSIONS: Final = frozenset({"7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"})
PAGE: Final = 25
REFUSALS: Final = {
    "rbac": (
        "ForbiddenByRbac",
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role "
        "definitions were changed recently, please observe propagation time.\r\n"
        "Action: 'Microsoft.KeyVault/vaults/certificates/read'",
    ),
    "policy": (
        "AccessDenied",
        "The user, group or application does not have certificates list permission on key vault.",
    ),
    "connection": (
        "ForbiddenByConnection",
        "Public network access is disabled and request is not from a trusted service nor via an approved private link.",
    ),
    "firewall": (
        "ForbiddenByFirewall",
        "Client address is not authorized and caller is not a trusted service.\r\nClient address: 198.51.100.7",
    ),
}


class KeyVault:
    def __init__(self, cloud: Cloud, estate: Estate, rights: Rights, entra: Entra) -> None:
        self.cloud, self.estate, self.rights, self.entra = cloud, estate, rights, entra

    def answer(self, call: Call) -> Answer:
        name = call.host.removesuffix(self.cloud.vault_suffix)
        vault = self.estate.vault(name)
        if vault is None:
            raise Refused(404, "VaultNotFound", f"There is no vault {name}.")  # in truth its name has no address
        if call.query.get("api-version") not in VERSIONS:
            raise Refused(
                400,
                "BadParameter",
                "The specified version is not recognized. Consider using the latest supported version.",
            )
        if self.entra.problem(call, (self.cloud.vault_audience,)):
            challenge = (
                f'Bearer authorization="https://{self.cloud.login}/{TENANT}", resource="{self.cloud.vault_audience}"'
            )
            text = "AKV10000: Request is missing a Bearer or PoP token."
            raise Refused(401, "Unauthorized", text, {"WWW-Authenticate": challenge})
        if call.method != "GET":
            raise Violation(403, "Forbidden", f"A reader has no right to {call.method} {call.path}.")
        parts = [part for part in call.path.split("/") if part]
        if parts[:1] == ["secrets"] and len(parts) > 1:
            raise Violation(403, "Forbidden", "A reader must never ask for the value of a secret.")
        if parts[:1] not in (["certificates"], ["keys"], ["secrets"]):
            raise Refused(404, "NotFound", f"There is nothing at {call.path}.")
        if why := self.rights.vaults.get(vault["name"]):
            code, text = REFUSALS[why]
            raise Refused(403, "Forbidden", text, innererror={"code": code})
        held = self.estate.collections.get(f"{vault['id']}/{parts[0]}".casefold(), [])
        if len(parts) == 1:
            return Answer(200, self._list(call, [self._item(call.host, parts[0], body) for body in held]))
        found = [body for body in held if body["name"].casefold() == parts[1].casefold()]
        if not found or parts[0] != "certificates":
            text = f"A {parts[0].removesuffix('s')} with (name/id) {parts[1]} was not found in this key vault."
            raise Refused(404, "CertificateNotFound", text)
        return Answer(200, {**found[0]["properties"], "tags": found[0].get("tags") or {}})

    def _list(self, call: Call, items: list[Body]) -> Body:
        if int(call.query.get("maxresults", PAGE)) > PAGE:
            raise Refused(400, "BadParameter", f"maxresults must be at most {PAGE}.")
        start = int(base64.urlsafe_b64decode(call.query["$skiptoken"])) if "$skiptoken" in call.query else 0
        more = None
        if start + PAGE < len(items):
            token = base64.urlsafe_b64encode(str(start + PAGE).encode()).decode()
            more = f"https://{call.host}:443{call.path}?api-version={call.query['api-version']}&$skiptoken={token}&maxresults={PAGE}"
        return {"value": items[start : start + PAGE], "nextLink": more}

    def _item(self, host: str, kind: str, body: Body) -> Body:
        properties = body["properties"]
        item: dict[str, Any] = {
            "kid" if kind == "keys" else "id": f"https://{host}/{kind}/{body['name']}",
            "attributes": _attributes(properties),
            "tags": body.get("tags") or {},
        }
        if kind == "certificates":
            item |= {"x5t": properties.get("x5t", ""), "subject": ""}
        if kind == "secrets":
            item |= {"contentType": properties.get("contentType", "")}
        return item


def _attributes(properties: Body) -> Body:
    attributes = {k: v for k, v in (properties.get("attributes") or {}).items() if v is not None}
    return {"enabled": True, "recoveryLevel": "Recoverable+Purgeable", **attributes}
