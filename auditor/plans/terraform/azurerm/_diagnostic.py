"""What a diagnostic of API Management logs, of all APIs or of one: azurerm writes both in the same way."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Part

_MASKED: Final = (Attr("mode", "mode"), Attr("value", "value"))


def _direction(names: str, to: str) -> Block:
    return Block(
        names,
        to,
        (
            Attr("body_bytes", "body.bytes"),
            Attr("headers_to_log", "headers"),
            Block(
                "data_masking",
                "dataMasking",
                (Block("headers", "headers[*]", _MASKED), Block("query_params", "queryParams[*]", _MASKED)),
            ),
        ),
    )


LOGGED: Final[tuple[Part, ...]] = (
    Attr("api_management_logger_id", "properties.loggerId"),
    Attr("sampling_percentage", "properties.sampling.percentage", unset=True),
    Attr("verbosity", "properties.verbosity"),
    Attr("log_client_ip", "properties.logClientIp"),
    Attr("http_correlation_protocol", "properties.httpCorrelationProtocol"),
    _direction("frontend_request", "properties.frontend.request"),
    _direction("frontend_response", "properties.frontend.response"),
    _direction("backend_request", "properties.backend.request"),
    _direction("backend_response", "properties.backend.response"),
)
