"""Policies as the policy reference of API Management shows them, and as somebody writes them to hide a hole."""

from __future__ import annotations

import pytest
from test_api_policy import JWT, LIMIT, jwt, named
from test_api_policy_partial import live

KEY = named("jwt-signing-key", secret=True)
TENANT = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
SIMPLE = """
<validate-jwt header-name="Authorization" require-scheme="Bearer">
    <issuer-signing-keys>
        <key>{{jwt-signing-key}}</key>  <!-- signing key is stored in a named value -->
    </issuer-signing-keys>
    <audiences><audience>@(context.Request.OriginalUrl.Host)</audience></audiences>
    <issuers><issuer>contoso.com</issuer></issuers>
</validate-jwt>"""
ENTRA = f"""
<validate-azure-ad-token tenant-id="{TENANT}" header-name="Authorization" failed-validation-httpcode="401">
    <client-application-ids><application-id>22334455-0000-1111-2222-333344445555</application-id>
    </client-application-ids>
    <audiences><audience>@(context.Request.OriginalUrl.Host)</audience></audiences>
    <required-claims><claim name="ctry" match="any"><value>US</value></claim></required-claims>
</validate-azure-ad-token>"""
IDENTITIES = """
<validate-client-certificate validate-revocation="true" validate-trust="true" validate-not-before="true"
    validate-not-after="true" ignore-error="false">
    <identities>
        <identity subject="C=US, ST=Illinois, L=Chicago, O=Contoso Corp., CN=*.contoso.com"
            issuer-subject="C=BE, O=FabrikamSign nv-sa, OU=Root CA, CN=FabrikamSign Root CA" />
    </identities>
</validate-client-certificate>"""
ORIGINS = """
<cors allow-credentials="{}" terminate-unmatched-request="true">
    <allowed-origins><origin>https://localhost:8080/</origin>{}</allowed-origins>
    <allowed-methods preflight-result-max-age="300"><method>*</method></allowed-methods>
    <allowed-headers><header>x-zumo-installation-id</header></allowed-headers>
</cors>"""
SENT = """
<send-request mode="new" response-variable-name="r" timeout="20" ignore-error="true">
    <set-url>https://idp/token</set-url><set-method>POST</set-method>{}
</send-request>"""


def simple(*attributes: str) -> str:
    """That policy with these attributes, each `name=value`."""
    more = " ".join(f'{name}="{value}"' for name, _, value in (one.partition("=") for one in attributes))
    return SIMPLE.replace("<validate-jwt", f"<validate-jwt {more}")


def when(condition: str, text: str, otherwise: str = "") -> str:
    rest = f"<otherwise>{otherwise}</otherwise>" if otherwise else ""
    return f"<choose><when condition='@({condition})'>{text}</when>{rest}</choose>"


def cors(origin: str = "", credentials: str = "true") -> str:
    return ORIGINS.format(credentials, f"<origin>{origin}</origin>" if origin else "")


def to(address: str) -> str:
    return f'<set-backend-service base-url="{address}"/>'


def basic(password: str) -> str:
    return f'<authentication-basic username="u" password="{password}"/>'


def header(name: str, value: str) -> str:
    return SENT.format(f'<set-header name="{name}" exists-action="override"><value>{value}</value></set-header>')


def body(text: str) -> str:
    return SENT.format(f"<set-body>{text}</set-body>")


ENCODED = '@("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("client:c0rrecthorse")))'
FORM = '@{ return "grant_type=client_credentials&amp;client_id=a&amp;client_secret=c0rrecthorse&amp;scope=b"; }'
UNTRUSTED = IDENTITIES.replace('validate-trust="true"', 'validate-trust="false"')
IGNORED = IDENTITIES.replace('ignore-error="false"', 'ignore-error="@(true)"')
CASES: list[tuple[str, str, str]] = [
    # (rule, what it must say, inbound of the service)
    ("authenticated", "pass", SIMPLE),
    ("no-secrets-in-policies", "pass", SIMPLE),
    ("token-issuer", "pass", SIMPLE),
    ("token-audience", "pass", ENTRA),
    ("token-issuer", "pass", ENTRA),
    ("apim.tokens-signed", "pass", SIMPLE),
    ("apim.tokens-signed", "fail", simple("require-signed-tokens=@(false)")),
    ("apim.tokens-signed", "fail", SIMPLE + simple("require-signed-tokens=False")),
    ("apim.tokens-signed", "unknown", simple("require-signed-tokens=@(context.Api.IsCurrentRevision)")),
    ("apim.tokens-expire", "fail", simple("clock-skew=300", "require-expiration-time=false")),
    ("apim.tokens-expire", "pass", simple("require-signed-tokens=false", "require-expiration-time=true")),
    ("apim.tokens-expire", "fail", when("a", JWT, simple("require-expiration-time=@(false)"))),
    ("token-keys-over-https", "fail", simple().replace("<issuers>", '<openid-config url="http://idp/c"/><issuers>')),
    ("token-keys-over-https", "fail", JWT + when("a", jwt(url='@("http://idp/c")'))),
    ("token-keys-over-https", "pass", SIMPLE),
    ("token-audience", "fail", ENTRA.replace("<audiences>", "<other>").replace("</audiences>", "</other>")),
    ("token-audience", "fail", jwt(inner='<audiences><audience>@("")</audience></audiences>')),
    ("named-values-weaken-nothing", "fail", simple("require-signed-tokens={{off}}")),
    ("named-values-weaken-nothing", "fail", when("a", cors("{{star}}"))),
    # conditions that never, or always, hold
    ("authenticated", "fail", when("false", JWT)),
    ("authenticated", "pass", when(" true ", JWT)),
    ("authenticated", "pass", JWT + when("false", '<set-variable name="a" value="b"/>')),
    ("authenticated", "unknown", when("a == false", JWT)),
    ("rate-limited", "fail", JWT + when("false", LIMIT, "<trace source='a'/>")),
    ("backend-https", "pass", JWT + when("false", to("http://b"), to("https://b"))),
    ("backend-https", "fail", JWT + when("true", to("http://b"), to("https://b"))),
    # client certificates
    ("apim.client-certificate-checks-on", "pass", IDENTITIES),
    ("apim.client-certificate-checks-on", "fail", UNTRUSTED),
    ("apim.client-certificate-checks-on", "fail", IGNORED),
    ("client-certificate-validated", "pass", IDENTITIES),
    ("client-certificate-validated", "fail", SIMPLE),
    ("client-certificate-validated", "fail", SIMPLE + when("false", IDENTITIES)),
    # origins
    ("apim.cors-origins-named", "pass", cors()),
    ("apim.cors-credentials-named-origins", "pass", cors("https://example.com/")),
    ("apim.cors-origins-named", "fail", cors(" * ", "false")),
    ("apim.cors-origins-named", "fail", cors('@("*")')),
    ("apim.cors-credentials-named-origins", "fail", cors('@("*")')),
    ("named-values-weaken-nothing", "pass", cors('@("*")')),
    ("apim.cors-credentials-named-origins", "fail", cors("null", "@(true)")),
    ("apim.cors-credentials-named-origins", "unknown", cors('@(context.Request.Headers["Origin"][0])')),
    # secrets
    ("apim.basic-password-in-named-value", "fail", basic('@("c0rrecthorse")')),
    ("apim.basic-password-in-named-value", "pass", basic("{{jwt-signing-key}}")),
    ("apim.basic-password-in-named-value", "fail", when("a", basic("c0rrecthorse"), basic("{{jwt-signing-key}}"))),
    ("no-secrets-in-policies", "fail", header("Authorization", ENCODED)),
    ("no-secrets-in-policies", "fail", header("X-Api-Key", '@{ var key = "c0rrecthorse"; return key; }')),
    ("no-secrets-in-policies", "pass", header("X-Api-Key", '@{ var at = "https://kv/secrets/key"; return get(at); }')),
    ("no-secrets-in-policies", "fail", body(FORM)),
    ("no-secrets-in-policies", "pass", body('@($"client_id=a&amp;client_secret={{jwt-signing-key}}")')),
    ("no-secrets-in-policies", "pass", header("X-Api-Key", '@(c ? h["X-Api-Key"][0] : "anonymous-caller")')),
    ("no-secrets-in-policies", "pass", header("X-Api-Key", '@{ var name = "subscription-key"; return h[name]; }')),
    ("no-secrets-in-policies", "fail", header("X-Api-Key", '@(c ? h["X-Api-Key"][0] : "7d0f3c5e9a")')),
    ("no-secrets-in-policies", "pass", body('{"user": "a", "password": "********"}')),
    ("no-secrets-in-policies", "pass", header("Authorization", '@("Bearer " + (string)context.Variables["token"])')),
    ("no-secrets-in-policies", "pass", header("X-CSRF-Token", "Fetch")),
    ("no-secrets-in-policies", "pass", body('@($"token={(string)context.Variables["token"]}")')),
]


@pytest.mark.parametrize(("rule", "expected", "inbound"), CASES)
def test_a_policy_as_the_reference_shows_it(rule: str, expected: str, inbound: str) -> None:
    found = live(KEY, service=inbound, api="<base/>", get="<base/>")
    told = found[rule.replace("apim.", "azure.api-management.")]
    others = {"pass"} if rule == "no-secrets-in-policies" else set()  # the documents of the API and its operation
    assert told - (others - {expected}) == {expected}, found
