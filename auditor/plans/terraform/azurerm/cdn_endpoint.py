"""azurerm_cdn_endpoint → Microsoft.Cdn/profiles/endpoints, as far as it serves and redirects."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._delivery_rule import conditions
from auditor.plans.terraform.table import Attr, Block, Child, Fixed, Table

REDIRECT: Final = Block(
    "url_redirect_action",
    "actions[*]",
    (
        Fixed("name", "UrlRedirect"),
        Attr("redirect_type", "parameters.redirectType"),
        Attr("protocol", "parameters.destinationProtocol", default="MatchRequest"),
    ),
)
KINDS: Final = {
    "cookies_condition": "Cookies",
    "device_condition": "IsDevice",
    "http_version_condition": "HttpVersion",
    "post_arg_condition": "PostArgs",
    "query_string_condition": "QueryString",
    "remote_address_condition": "RemoteAddress",
    "request_body_condition": "RequestBody",
    "request_header_condition": "RequestHeader",
    "request_method_condition": "RequestMethod",
    "request_scheme_condition": "RequestScheme",
    "request_uri_condition": "RequestUri",
    "url_file_extension_condition": "UrlFileExtension",
    "url_file_name_condition": "UrlFileName",
    "url_path_condition": "UrlPath",
}
RULES: Final = "properties.deliveryPolicy.rules[*]"
TABLE: Final = Table(
    "Microsoft.Cdn/profiles/endpoints",
    Child("", "Microsoft.Cdn/profiles", "profile_name"),
    (
        Attr("is_http_allowed", "properties.isHttpAllowed", default=True),
        Attr("is_https_allowed", "properties.isHttpsAllowed", default=True),
        Block("global_delivery_rule", RULES, (Fixed("name", "Global"), REDIRECT)),
        Block("delivery_rule", RULES, (Attr("name", "name"), REDIRECT, *conditions("conditions[*]", KINDS))),
    ),
)
