"""Application gateways and API Management: few in number, large, and judged by many rules."""

from __future__ import annotations

from benchmarks.draw import Body, Draw, Place
from benchmarks.network_shapes import public_address
from benchmarks.shared_shapes import diagnostics

_POLICY = """<policies>
  <inbound>
    <base />
    <validate-jwt header-name="Authorization" failed-validation-httpcode="401" require-scheme="Bearer">
      <openid-config url="https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration" />
      <required-claims><claim name="aud"><value>{audience}</value></claim></required-claims>
    </validate-jwt>
    <rate-limit-by-key calls="100" renewal-period="60" counter-key="@(context.Subscription.Id)" />
    <set-header name="X-Correlation-Id" exists-action="skip"><value>@(context.RequestId.ToString())</value></set-header>
    <set-backend-service backend-id="{backend}" />
  </inbound>
  <backend>{base}</backend>
  <outbound><base /><set-header name="X-Powered-By" exists-action="delete" /></outbound>
  <on-error><base /></on-error>
</policies>"""


def application_gateway(draw: Draw, place: Place) -> list[Body]:
    """A gateway with its listeners, rules, probes and backends, its address, and a firewall policy."""
    name = draw.name("agw")
    base = f"{place.scope}/providers/Microsoft.Network/applicationGateways/{name}"
    count = draw.number(1, 4)

    def part(collection: str, number: int, properties: Body) -> Body:
        named = {"name": f"{collection}-{number}", "id": f"{base}/{collection}/{collection}-{number}"}
        return {**named, "etag": f'W/"{draw.guid()}"', "properties": {"provisioningState": "Succeeded", **properties}}

    def to(collection: str, number: int) -> Body:
        return {"id": f"{base}/{collection}/{collection}-{number}"}

    secret = "https://kv-edge.vault.azure.net/secrets/edge"
    versioned = f"{secret}/{draw.guid().replace('-', '')}"
    listeners, rules, settings, pools, probes = [], [], [], [], []
    for number in range(count):
        listener: Body = {
            "frontendIPConfiguration": to("frontendIPConfigurations", 0),
            "frontendPort": to("frontendPorts", 443),
            "protocol": draw.good("Https", "Http"),
            "hostName": f"api{number}.contoso.example",
            "hostNames": [],
            "requireServerNameIndication": True,
            "sslCertificate": to("sslCertificates", 0),
            "sslProfile": to("sslProfiles", 0),
            "customErrorConfigurations": [],
        }
        rule = {
            "ruleType": "Basic",
            "priority": 100 + number,
            "httpListener": to("httpListeners", number),
            "backendAddressPool": to("backendAddressPools", number),
            "backendHttpSettings": to("backendHttpSettingsCollection", number),
        }
        setting = {
            "port": 443,
            "protocol": draw.good("Https", "Http"),
            "cookieBasedAffinity": "Disabled",
            "pickHostNameFromBackendAddress": True,
            "requestTimeout": 30,
            "connectionDraining": {"enabled": draw.flag(True), "drainTimeoutInSec": 60},
            "probe": to("probes", number),
            "trustedRootCertificates": [to("trustedRootCertificates", 0)] if draw.chance(0.85) else [],
            "validateCertChainAndExpiry": draw.flag(True, 0.05),
            "validateSNI": draw.flag(True, 0.05),
        }
        probe = {
            "protocol": draw.good("Https", "Http", p=0.1),
            "path": "/status-0123456789abcdef",
            "interval": 30,
            "timeout": 30,
            "unhealthyThreshold": 3,
            "pickHostNameFromBackendHttpSettings": True,
            "match": {"statusCodes": ["200-399"]},
        }
        listeners.append(part("httpListeners", number, listener))
        rules.append(part("requestRoutingRules", number, rule))
        settings.append(part("backendHttpSettingsCollection", number, setting))
        pools.append(part("backendAddressPools", number, {"backendAddresses": [{"ipAddress": draw.address()}]}))
        probes.append(part("probes", number, probe))
    policy = draw.name("waf")
    policy_id = f"{place.scope}/providers/Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/{policy}"
    authentication = {
        "verifyClientCertIssuerDN": draw.flag(True),
        "verifyClientRevocation": draw.good("OCSP", "None"),
        "verifyClientAuthMode": draw.good("Strict", "Passthrough"),
    }
    profile = {
        "trustedClientCertificates": [to("trustedClientCertificates", 0)],
        "clientAuthConfiguration": authentication,
        "sslPolicy": {
            "policyType": "Predefined",
            "policyName": draw.good("AppGwSslPolicy20220101S", "AppGwSslPolicy20150501"),
        },
    }
    properties = {
        "provisioningState": "Succeeded",
        "resourceGuid": draw.guid(),
        "operationalState": "Running",
        "sku": {"name": "WAF_v2", "tier": draw.good("WAF_v2", "Standard_v2", p=0.1), "family": "Generation_1"},
        "enableHttp2": draw.flag(True),
        "sslPolicy": {
            "policyType": "Predefined",
            "policyName": draw.good("AppGwSslPolicy20220101", "AppGwSslPolicy20170401"),
        },
        "frontendIPConfigurations": [part("frontendIPConfigurations", 0, {"publicIPAddress": {"id": f"{base}-pip"}})],
        "frontendPorts": [part("frontendPorts", 443, {"port": 443})],
        "sslCertificates": [
            part("sslCertificates", 0, {"keyVaultSecretId": draw.pick((secret, secret, secret, versioned))})
        ],
        "trustedRootCertificates": [part("trustedRootCertificates", 0, {"data": "MII" + "B" * 900})],
        "trustedClientCertificates": [part("trustedClientCertificates", 0, {"data": "MII" + "C" * 900})],
        "sslProfiles": [part("sslProfiles", 0, profile)],
        "backendAddressPools": pools,
        "backendHttpSettingsCollection": settings,
        "httpListeners": listeners,
        "requestRoutingRules": rules,
        "probes": probes,
        "urlPathMaps": [],
        "redirectConfigurations": [],
        "firewallPolicy": {"id": policy_id},
        "autoscaleConfiguration": {"minCapacity": 2, "maxCapacity": 10},
    }
    made = draw.resource(
        place,
        "Microsoft.Network/applicationGateways",
        name,
        draw.without(properties, "sslPolicy"),
        zones=["1", "2", "3"],
    )
    logs = ("ApplicationGatewayAccessLog", "ApplicationGatewayFirewallLog", "ApplicationGatewayPerformanceLog")
    firewall = _firewall_policy(draw, place, policy, made["id"])
    return [made, firewall, public_address(draw, place), *diagnostics(draw, place, made["id"], logs)]


def _firewall_policy(draw: Draw, place: Place, name: str, gateway: str) -> Body:
    overrides = (
        [{"ruleGroupName": "SQLI", "rules": [{"ruleId": "942430", "state": "Disabled"}]}] if draw.chance(0.3) else []
    )
    sets = [
        {
            "ruleSetType": "Microsoft_DefaultRuleSet",
            "ruleSetVersion": draw.pick(("2.1", "2.1", "1.1")),
            "ruleGroupOverrides": overrides,
        },
        {"ruleSetType": "Microsoft_BotManagerRuleSet", "ruleSetVersion": "1.1", "ruleGroupOverrides": []},
    ]
    condition = {
        "matchVariables": [{"variableName": "RemoteAddr"}],
        "operator": "IPMatch",
        "negationConditon": False,
        "matchValues": [f"{draw.address()}/32" for _ in range(draw.number(4, 12))],
        "transforms": [],
    }
    custom = {
        "name": "office",
        "priority": 10,
        "ruleType": "MatchRule",
        "action": "Allow",
        "matchConditions": [condition],
    }
    properties = {
        "resourceState": "Enabled",
        "provisioningState": "Succeeded",
        "policySettings": {
            "requestBodyCheck": draw.flag(True, 0.05),
            "requestBodyEnforcement": True,
            "maxRequestBodySizeInKb": 128,
            "fileUploadLimitInMb": 100,
            "state": draw.good("Enabled", "Disabled", p=0.08),
            "mode": draw.good("Prevention", "Detection"),
        },
        "customRules": [custom],
        "managedRules": {"managedRuleSets": sets, "exclusions": []},
        "applicationGateways": [{"id": gateway}],
    }
    return draw.resource(place, "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies", name, properties)


_SWITCH = "Microsoft.WindowsAzure.ApiManagement.Gateway.Security"
_CIPHERS = (
    "TripleDes168",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
)


def api_management(draw: Draw, place: Place) -> list[Body]:
    """A service with its APIs, policies, backends, products, named values and subscriptions."""
    name = draw.name("apim")
    kind = "Microsoft.ApiManagement/service"
    switches = {f"{_SWITCH}.Ciphers.{cipher}": draw.flag(False, 0.03) for cipher in _CIPHERS}
    for side in ("", ".Backend"):
        switches |= {f"{_SWITCH}{side}.Protocols.{old}": draw.flag(False, 0.03) for old in ("Ssl30", "Tls10", "Tls11")}
    hosts = [
        {
            "type": "Proxy",
            "hostName": f"{name}.{end}",
            "keyVaultId": None if end == "azure-api.net" else "https://kv-edge.vault.azure.net/secrets/gateway",
            "negotiateClientCertificate": draw.flag(True),
            "certificateSource": "BuiltIn" if end == "azure-api.net" else "KeyVault",
            "certificateStatus": draw.good("Completed", "Failed", p=0.05),
            "certificate": {"expiry": draw.time(0, 360), "thumbprint": draw.guid(), "subject": f"CN={name}"},
        }
        for end in ("azure-api.net", "contoso.example")
    ]
    properties = {
        "provisioningState": "Succeeded",
        "platformVersion": draw.good("stv2", "stv1", p=0.05),
        "publisherEmail": "api-team@contoso.example",
        "gatewayUrl": f"https://{name}.azure-api.net",
        "createdAtUtc": draw.time(),
        "hostnameConfigurations": hosts,
        "publicIPAddresses": ["20.1.2.3"],
        "privateIPAddresses": [draw.address()],
        "virtualNetworkConfiguration": {"subnetResourceId": f"{place.scope}/subnets/apim", "vnetid": draw.guid()},
        "customProperties": switches,
        "virtualNetworkType": draw.good("Internal", "External"),
        "publicNetworkAccess": draw.good("Disabled", "Enabled"),
        "apiVersionConstraint": {"minApiVersion": draw.pick(("2021-08-01", "2021-08-01", None))},
        "certificates": None,
        "disableGateway": False,
    }
    made = draw.resource(
        place,
        kind,
        name,
        draw.without(properties, "apiVersionConstraint"),
        sku={"name": draw.good("Premium", "Developer"), "capacity": 2},
        identity={"type": "SystemAssigned", "principalId": draw.guid()},
    )
    top = made["id"]
    found = [made, _policy(draw, place, top, f"{kind}/policies"), *diagnostics(draw, place, top, ("GatewayLogs",))]
    for _ in range(draw.number(6, 18)):
        api = draw.child(top, f"{kind}/apis", draw.name("api"), _api(draw))
        found += [api, _policy(draw, place, api["id"], f"{kind}/apis/policies")]
    for _ in range(draw.number(3, 9)):
        found.append(draw.child(top, f"{kind}/backends", draw.name("backend"), _backend(draw)))
        found.append(draw.child(top, f"{kind}/namedValues", draw.name("value"), _named_value(draw)))
        state = {"scope": f"{top}/products/{draw.name('product')}", "state": "active", "createdDate": draw.time()}
        found.append(
            draw.child(top, f"{kind}/subscriptions", draw.guid(), {**state, "ownerId": None, "allowTracing": False})
        )
    product = {"displayName": "Partners", "subscriptionRequired": draw.flag(True), "approvalRequired": draw.flag(True)}
    found.append(
        draw.child(top, f"{kind}/products", draw.name("product"), {**product, "state": "published", "terms": ""})
    )
    return found


def _policy(draw: Draw, place: Place, parent: str, kind: str) -> Body:
    text = _POLICY.format(
        tenant=place.tenant,
        audience=draw.guid(),
        backend=draw.pick(("orders", "core")),
        base=draw.pick(("<base />", "<base/>")),
    )
    if draw.chance(0.12):
        text = text.replace("<base />", "", 1)
    return draw.child(parent, kind, "policy", {"format": "rawxml", "value": text})


def _api(draw: Draw) -> Body:
    return {
        "displayName": f"{draw.pick(('Orders', 'Payments', 'Catalog'))} API",
        "apiRevision": "1",
        "description": "What partners call; see the developer portal for its contract, its limits and its owners.",
        "subscriptionRequired": draw.flag(True),
        "serviceUrl": f"{draw.pick(('https', 'https', 'https', 'https', 'http'))}://core.contoso.example/{draw.guid()}",
        "path": draw.guid(),
        "protocols": ["https"] if draw.chance(0.9) else ["http", "https"],
        "authenticationSettings": {"oAuth2": None, "openid": None},
        "subscriptionKeyParameterNames": {"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"},
        "isCurrent": True,
    }


def _backend(draw: Draw) -> Body:
    return {
        "url": f"{draw.pick(('https', 'https', 'https', 'https', 'http'))}://{draw.address()}/api",
        "protocol": "http",
        "credentials": {"certificateIds": [draw.guid()] if draw.chance(0.85) else [], "query": {}, "header": {}},
        "tls": {"validateCertificateChain": draw.flag(True, 0.1), "validateCertificateName": draw.flag(True, 0.1)},
    }


def _named_value(draw: Draw) -> Body:
    name = draw.name("secret")
    reference = {
        "secretIdentifier": f"https://kv-edge.vault.azure.net/secrets/{name}",
        "identityClientId": None,
        "lastStatus": {"code": draw.good("Success", "AccessDenied", p=0.06), "timeStampUtc": draw.time()},
    }
    return draw.without({"displayName": name, "tags": [], "secret": True, "keyVault": reference}, "keyVault")
