"""What Azure may hand out, or somebody may write, that nobody who evaluates must see. Pure.

The services promise to leave most of these out of a GET. A promise is no proof, and some keep it only in new versions;
and people write secrets into policies. That there is one stays visible (`AZURE.secret`), so that a rule can ask for it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from auditor.sanitize.api_policies import without_literals
from auditor.sanitize.deployment_secrets import TYPE as DEPLOYMENT
from auditor.sanitize.deployment_secrets import without_values
from auditor.sanitize.hide import State, hide, state_of
from auditor.sanitize.marks import AZURE
from auditor.sanitize.names import may_name_secret
from auditor.sanitize.places import SETTINGS, Place
from auditor.sanitize.values import is_opaque
from auditor.sanitize.walk import Walker

_APIS: Final = "microsoft.apimanagement/"

_OF_TEMPLATES: Final = State(
    Place(tuple(path.split(".")), SETTINGS)
    for path in ("variables.**", "parameters.*.defaultvalue.**", "outputs.*.value.**", "outputs.*.copy.**")
)
_SITE_CONFIG: Final = frozenset(
    {"microsoft.web/sites/config", "microsoft.web/sites/slots/config", "microsoft.web/staticsites/config"}
)
_SITE_SETTINGS: Final = ("appsettings", "connectionstrings", "functionappsettings", "metadata", "pushsettings")
"""Names of configurations that are settings by their names."""
_OF_SETTINGS: Final = State([Place(("properties", "**"), SETTINGS)])
_POLICIES: Final = ("policies", "policyfragments")


@lru_cache(maxsize=4096)
def is_special(kind: str) -> bool:
    """Whether resources of a type lose more than names, places and patterns say."""
    folded = kind.casefold()
    last = folded.rpartition("/")[2]
    return (
        folded == DEPLOYMENT
        or folded in _SITE_CONFIG
        or (folded.startswith(_APIS) and last in (*_POLICIES, "namedvalues"))
    )


def sanitized_azure(body: dict[str, Any], kind: str = "", *, texts: bool = True) -> dict[str, Any]:
    """A resource of Azure without its secrets; the body itself when it has none. The body is not changed.

    `kind`: its type, where the body does not say it. Without `texts` none of them has a secret in it.
    RecursionError when it is nested too deep.
    """
    if kind and not isinstance(body.get("type"), str):
        named = sanitized_azure({**body, "type": kind}, texts=texts)
        return {key: value for key, value in named.items() if key != "type"}
    found: dict[str, Any] = (_WALKER if texts else _OF_FIELDS).walk(body)
    return found


class AzureWalker(Walker):
    """Walks through a resource, and through the templates and the resources that are a part of it."""

    def pair(self, name: Any, value: Any) -> Any:  # noqa: ARG002
        """The value beside a name that says that it is a secret, unless it is an address or very short."""
        return self._named(value) if isinstance(value, str) else self.hidden(value)

    def _object(self, body: dict[str, Any]) -> Any:
        kind = body.get("type")
        if kind.__class__ is str and "/" in kind:
            body = self._resource(body, kind)
        elif "contentVersion" in body and ("resources" in body or "variables" in body):
            body = hide(body, _OF_TEMPLATES, self.marks.secret)
        return super()._object(body)

    def _resource(self, body: dict[str, Any], kind: str) -> dict[str, Any]:
        """A resource without what its type keeps secrets in."""
        if not is_special(kind):
            found: dict[str, Any] = hide(body, state_of(kind), self.marks.secret)
            return found
        if kind.casefold() == DEPLOYMENT:
            return without_values(body)
        if kind.casefold() in _SITE_CONFIG:
            named = str(body.get("name") or body.get("id") or "").rpartition("/")[2].casefold() in _SITE_SETTINGS
            settings: dict[str, Any] = hide(body, _OF_SETTINGS if named else state_of(kind), self.marks.secret)
            return settings
        place = next((key for key in body if key.casefold() == "properties"), "")
        properties, last = body.get(place), kind.rpartition("/")[2].casefold()
        if not isinstance(properties, dict):
            return body
        if last == "namedvalues":
            properties = self._named_value(properties)
        else:
            properties = {
                key: without_literals(value, self.marks.secret)
                if isinstance(value, str) and key.casefold() == "value"
                else value
                for key, value in properties.items()
            }
        return {**body, place: properties}

    def _named_value(self, properties: dict[str, Any]) -> dict[str, Any]:
        fields = {key.casefold(): key for key in properties}
        place = fields.get("value")
        if place is None:
            return properties
        if properties.get(fields.get("secret", "")) is not False:
            return {**properties, place: self.hidden(properties[place])}
        value = properties[place]
        if is_opaque(value):
            return {**properties, place: self.marks.secret}
        if may_name_secret(properties.get(fields.get("displayname", ""))) and isinstance(value, str):
            return {**properties, place: self._named(value)}  # it is not kept as the secret that it is
        return properties

    def _named(self, value: str) -> Any:
        address = value.startswith(("https://", "http://")) and "@" not in value and "?" not in value
        return value if address or len(value) < 4 else self.hidden(value)


_WALKER: Final = AzureWalker(AZURE)
_OF_FIELDS: Final = AzureWalker(AZURE, texts=False)
