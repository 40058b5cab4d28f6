"""azurerm_cdn_frontdoor_rule → Microsoft.Cdn/profiles/ruleSets/rules: whither it sends requests."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._delivery_rule import conditions
from auditor.plans.terraform.table import Attr, Block, Child, Fixed, Table

REDIRECT: Final = (
    Fixed("name", "UrlRedirect"),
    Attr("redirect_protocol", "parameters.destinationProtocol", default="MatchRequest"),
    Attr("destination_hostname|destination_host_name", "parameters.customHostname"),
)
REWRITE: Final = (Fixed("name", "UrlRewrite"),)
_GROUP: Final = "parameters.originGroupOverride"
_ORIGINS: Final = (
    Attr("cdn_frontdoor_origin_group_id", f"{_GROUP}.originGroup.id"),
    Attr("forwarding_protocol", f"{_GROUP}.forwardingProtocol"),
)
OVERRIDE: Final = (Fixed("name", "RouteConfigurationOverride"), *_ORIGINS, Block("origin_group", "", _ORIGINS))
ACTIONS: Final = {  # as azurerm 5 calls them, and as 3 and 4 do
    "url_redirect": REDIRECT,
    "url_redirect_action": REDIRECT,
    "url_rewrite": REWRITE,
    "url_rewrite_action": REWRITE,
    "route_configuration_override": OVERRIDE,
    "route_configuration_override_action": OVERRIDE,
}
KINDS: Final = {
    "client_port|client_port_condition": "ClientPort",
    "device_type|is_device_condition": "IsDevice",
    "host_name|host_name_condition": "HostName",
    "http_version|http_version_condition": "HttpVersion",
    "post_argument|post_args_condition": "PostArgs",
    "query_string|query_string_condition": "QueryString",
    "remote_address|remote_address_condition": "RemoteAddress",
    "request_body|request_body_condition": "RequestBody",
    "request_cookies|cookies_condition": "Cookies",
    "request_file_extension|url_file_extension_condition": "UrlFileExtension",
    "request_filename|url_filename_condition": "UrlFileName",
    "request_header|request_header_condition": "RequestHeader",
    "request_method|request_method_condition": "RequestMethod",
    "request_path|url_path_condition": "UrlPath",
    "request_scheme|request_scheme_condition": "RequestScheme",
    "request_url|request_uri_condition": "RequestUri",
    "server_port|server_port_condition": "ServerPort",
    "socket_address|socket_address_condition": "SocketAddr",
    "ssl_protocol|ssl_protocol_condition": "SslProtocol",
}
PARTS: Final = (
    Attr("order", "properties.order"),
    Attr("behavior_on_match|behaviour_on_match", "properties.matchProcessingBehavior", default="Continue"),
    Block("actions", "", tuple(Block(name, "properties.actions[*]", parts) for name, parts in ACTIONS.items())),
    Block("conditions", "", conditions("properties.conditions[*]", KINDS)),
)
TABLE: Final = Table(
    "Microsoft.Cdn/profiles/ruleSets/rules",
    Child("cdn_frontdoor_rule_set_id", "Microsoft.Cdn/profiles/ruleSets"),
    PARTS,
)
