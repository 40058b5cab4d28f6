"""Secrets in every place where Azure hands one out to a reader, or once did. None may be seen again.

The services promise to leave most of these out of a GET; older API versions and preview services do not keep it, and
people write secrets where no service looks for them.
"""

from __future__ import annotations

import base64
import itertools
import re
import zlib
from collections.abc import Iterator
from typing import Any, Final

from tests.azure.estate import Body, Estate, kind

MARK: Final = "c4nary"
"""Part of every canary."""
_NUMBERS: Final = itertools.count(1)


def canary(place: str) -> str:
    """A new secret, which says where it was planted. Without spaces, quotes or markup: fit for any place."""
    return f"{MARK}-{place}-{next(_NUMBERS):04}-Zm9vYmFyYmF6"


def found_in(data: bytes, mark: str = MARK) -> list[str]:
    """The canaries that are in some bytes, in plain or inside of base64, of UTF-16 and of compressed data as well."""
    seen = [found[0].decode(errors="replace") for found in re.finditer(rb"%b[\w-]*" % mark.encode(), data)]
    for found in re.finditer(rb"[A-Za-z0-9+/]{24,}", data):
        for start in range(4):
            text = found[0][start:]
            decoded = _unpacked(base64.b64decode(text[: len(text) // 4 * 4])).replace(b"\0", b"")
            if mark.encode() in decoded:
                seen.append(f"in base64: {decoded.decode(errors='replace')}")
                break
    return seen


def _unpacked(data: bytes) -> bytes:
    """What gzip or zlib has compressed, and other data as they are."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data, 1 << 20)
    except zlib.error:
        return data


def plant(estate: Estate) -> Estate:
    """The same estate with canaries in it, and with a few resources more that are known for theirs."""
    for body in estate.bodies:
        _into(body)
    planted = Estate([*estate.bodies, *_more(estate)], estate.groups)
    planted.logs, planted.kubeconfigs = estate.logs, estate.kubeconfigs
    return planted


def _into(body: Body) -> None:
    properties = body.get("properties")
    if not isinstance(properties, dict):
        return
    type_ = kind(body)
    for name in ANYWHERE.get(type_, ()):
        properties[name] = canary(name)
    if type_ == "microsoft.apimanagement/service/backends":
        properties["credentials"] = {
            "header": {"x-api-key": [canary("backend-header")]},
            "query": {"code": [canary("backend-query")]},
            "authorization": {"scheme": "Bearer", "parameter": canary("backend-authorization")},
        }
        properties["proxy"] = {"url": "https://proxy.contoso.com", "username": "u", "password": canary("backend-proxy")}
    elif type_ == "microsoft.apimanagement/service/loggers":
        properties["credentials"] = {"connectionString": canary("logger"), "instrumentationKey": canary("logger-key")}
    elif type_ == "microsoft.apimanagement/service/namedvalues":
        if properties.get("secret"):
            properties["value"] = canary("named-value")
        else:
            properties |= {"displayName": "old-api-key", "value": canary("named-value-in-plain")}
    elif type_ in ("microsoft.apimanagement/service/policies", "microsoft.apimanagement/service/apis/policies"):
        properties["value"] = properties["value"].replace("<inbound>", "<inbound>" + policy(), 1)
    elif type_ == "microsoft.apimanagement/service":
        for host in properties.get("hostnameConfigurations") or ():
            host |= {"encodedCertificate": canary("host-certificate"), "certificatePassword": canary("host-password")}
    elif type_ == "microsoft.network/applicationgateways":
        for certificate in properties.get("sslCertificates") or ():
            certificate["properties"] |= {"data": canary("gateway-pfx"), "password": canary("gateway-password")}
    elif type_ == "microsoft.containerservice/managedclusters":
        properties["servicePrincipalProfile"] = {"clientId": "msi", "secret": canary("cluster-principal")}
        properties["httpProxyConfig"] = {"httpsProxy": f"http://user:{canary('cluster-proxy')}@proxy.contoso.com:3128"}
        properties["windowsProfile"] = {"adminUsername": "azureuser", "adminPassword": canary("cluster-windows")}
    elif type_ == "microsoft.insights/actiongroups":
        address = f"https://hooks.contoso.com/alert?code={canary('action-group')}&sig={canary('signature')}"
        properties["webhookReceivers"] = [{"name": "hook", "serviceUri": address, "useCommonAlertSchema": True}]
        properties["logicAppReceivers"] = [{"name": "app", "resourceId": "/x", "callbackUrl": address}]
        properties["azureFunctionReceivers"] = [
            {"name": "f", "functionAppResourceId": "/x", "functionName": "f", "httpTriggerUrl": address}
        ]
    elif type_ == "microsoft.security/automations":
        properties["actions"] = [
            {"actionType": "LogicApp", "uri": f"https://x.contoso.com/?sig={canary('automation')}"}
        ]


ANYWHERE: Final = {
    "microsoft.apimanagement/service/tenant": ("primaryKey", "secondaryKey"),
    "microsoft.apimanagement/service/subscriptions": ("primaryKey", "secondaryKey"),
    "microsoft.apimanagement/service/certificates": ("data", "password"),
    "microsoft.keyvault/vaults/secrets": ("value",),
    "microsoft.keyvault/vaults/keys": ("d", "p", "q"),
    "microsoft.insights/components": ("InstrumentationKey", "ConnectionString"),
    "microsoft.sql/servers": ("administratorLoginPassword",),
    "microsoft.sql/servers/auditingsettings": ("storageAccountAccessKey",),
    "microsoft.sql/servers/securityalertpolicies": ("storageAccountAccessKey",),
    "microsoft.documentdb/databaseaccounts": ("primaryMasterKey", "connectionStrings"),
    "microsoft.containerregistry/registries/webhooks": ("customHeaders",),
    "microsoft.operationalinsights/workspaces": ("primarySharedKey",),
    "microsoft.storage/storageaccounts": ("primaryKey", "connectionString"),
}
"""Fields of the properties of a type that are a canary as a whole."""


def policy() -> str:
    """Parts of a policy with secrets written out, as people do."""
    return (
        f'<authentication-basic username="svc" password="{canary("policy-basic")}" />'
        f'<set-header name="Authorization" exists-action="override"><value>Bearer {canary("policy-bearer")}</value>'
        f"</set-header>"
        f'<set-header name="x-functions-key" exists-action="override"><value>{canary("policy-key")}</value>'
        f"</set-header>"
        f'<set-query-parameter name="code" exists-action="override"><value>{canary("policy-code")}</value>'
        f"</set-query-parameter>"
        f'<set-header name="Authorization" exists-action="override"><value>@("Basic " + Encode("user:'
        f'{canary("policy-code-text")}"))</value></set-header>'
        f'<set-backend-service base-url="https://f.contoso.com/api?code={canary("policy-address")}" />'
        f'<authentication-certificate body="{canary("policy-pfx")}" password="{canary("policy-pfx-password")}" />'
        f'<validate-jwt header-name="Authorization"><issuer-signing-keys><key>'
        f"{base64.b64encode(canary('policy-signing').encode()).decode()}</key></issuer-signing-keys></validate-jwt>"
    )


def _more(estate: Estate) -> Iterator[Body]:
    """Resources that the demo does not have: an application with its settings, a connection, an identity provider."""
    subscription = estate.subscriptions[0]
    group = f"/subscriptions/{subscription}/resourceGroups/rg-more"
    settings = [{"name": "Db", "value": f"Server=x;Password={canary('app-setting')};"}]
    yield _resource(
        f"{group}/providers/Microsoft.Web/sites/app",
        {
            "hostNames": ["app.azurewebsites.net"],
            "siteConfig": {
                "appSettings": settings,
                "connectionStrings": [
                    {"name": "Db", "connectionString": canary("connection-string"), "type": "SQLAzure"}
                ],
                "publishingPassword": canary("publishing"),
                "azureStorageAccounts": {"share": {"accountName": "st", "accessKey": canary("mount")}},
            },
            "hostKeys": {"masterKey": canary("function-master"), "functionKeys": {"default": canary("function")}},
        },
    )
    yield _resource(
        f"{group}/providers/Microsoft.Web/sites/app/config/web",
        {
            "publishingUsername": "$app",
            "machineKey": {"validationKey": canary("validation"), "decryptionKey": canary("decryption")},
            "connectionStrings": [{"name": "Db", "connectionString": canary("config-connection"), "type": "SQLAzure"}],
            "azureStorageAccounts": {"share": {"accountName": "st", "accessKey": canary("config-mount")}},
        },
    )
    yield _resource(
        f"{group}/providers/Microsoft.Web/certificates/web",
        {"pfxBlob": canary("web-pfx"), "password": canary("web-password"), "expirationDate": "2027-01-01T00:00:00Z"},
    )
    yield _resource(f"{group}/providers/Microsoft.Network/connections/vpn", {"sharedKey": canary("vpn")})
    place = f"/subscriptions/{subscription}/providers/Microsoft.Resources/deployments/landing-zone-1"
    values = {name: {"type": "String", "value": canary(f"deployment-{name}")} for name in ("password", "anything")}
    nested = {"settings": {"type": "Object", "value": {"deep": [{"token": canary("deployment-nested")}]}}}
    link = {"uri": "https://st.example/t.json", "queryString": f"sig={canary('deployment-link')}"}
    yield _resource(place, {"parameters": values, "outputs": nested, "templateLink": link})
    for service in estate.of_type("Microsoft.ApiManagement/service"):
        provider = _resource(
            f"{service['id']}/identityProviders/aad",
            {"type": "aad", "clientId": "c", "clientSecret": canary("identity")},
        )
        yield {"id": provider["id"], "name": "aad", "type": provider["type"], "properties": provider["properties"]}


def _resource(id_: str, properties: dict[str, Any]) -> Body:
    before, _, rest = id_.partition("/providers/")
    namespace, *chain = rest.split("/")
    return {
        "id": id_,
        "name": chain[-1],
        "type": "/".join([namespace, *chain[::2]]),
        "location": "westeurope",
        "resourceGroup": before.rpartition("/")[2],
        "subscriptionId": before.split("/")[2],
        "properties": properties,
    }
