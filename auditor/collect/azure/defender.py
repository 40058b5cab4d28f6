"""Plans of Defender for Cloud, from the service itself by azure-mgmt-security."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from auditor.collect.azure.api_versions import version_of
from auditor.collect.azure.arm import Arm, heed, listed
from auditor.collect.azure.calls import ODD, ask, reading
from auditor.collect.azure.replies import CallFailed
from auditor.collect.azure.sign_in import missing_extra
from auditor.collect.collection_journal import Book
from auditor.model.resource import Origin, Resource
from auditor.sanitize.azure import sanitized_azure

if TYPE_CHECKING:
    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential

SOURCE: Final = "Resource Manager"
_TYPE: Final = "Microsoft.Security/pricings"


class Defender:
    """The client; made when it is needed. May be used from several threads."""

    def __init__(self, cloud: Cloud, credential: Credential, arm: Arm, book: Book) -> None:
        """Its calls count among those of Resource Manager: they wait together."""
        self._cloud = cloud
        self._credential = credential
        self._arm = arm
        self._book = book

    def plans(self, subscription: str) -> None:
        """Puts the plans of a subscription into the book. Raises `CallFailed`."""
        scope = f"/subscriptions/{subscription}"
        call = f"defender {scope}/pricings"
        if self._book.kept(call) is not None:
            return
        reply = ask(lambda: self._send(subscription), self._arm.gate(subscription.casefold()), self._book, SOURCE)
        found, link = listed(reply)
        if link:
            raise CallFailed("unreadable", "the list of plans has pages, which it never had")
        origin = Origin(source="live", address=f"{scope}/providers/{_TYPE}")
        self._book.keep(call, [Resource(_TYPE, sanitized_azure({**body, "type": _TYPE}), origin) for body in found])
        self._book.told(SOURCE, done=1)

    def _send(self, subscription: str) -> tuple[int, Mapping[str, str], bytes]:
        try:
            from azure.mgmt.security import SecurityCenter
        except ImportError as error:
            raise missing_extra("azure-mgmt-security") from error
        from azure.core.exceptions import HttpResponseError

        from auditor.collect.azure.transport import bounded

        seen: list[Any] = []
        client = SecurityCenter(
            self._credential,
            subscription,
            base_url=self._cloud.resource_manager,
            policies=reading(self._credential, self._cloud.scope, decoded=True),
            transport=bounded(self._book.until),
        )
        with client:
            try:
                client.pricings.list(
                    scope_id=f"subscriptions/{subscription}",
                    raw_response_hook=lambda r: seen.append(r.http_response),
                    api_version=version_of(_TYPE).asked,
                )
            except (HttpResponseError, *ODD):
                if not seen:
                    raise
        heed(self._arm.gate(subscription.casefold()), seen[0].headers)
        return seen[0].status_code, seen[0].headers, seen[0].body()
