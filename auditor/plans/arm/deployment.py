"""A template with its nested templates, and what their expressions ask of them: reference() and its like. Pure.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource, …-deployment, …-scope
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from auditor.model.resource import MISSING, Unknown
from auditor.plans.arm.context import Env, Work
from auditor.plans.arm.evaluate import value
from auditor.plans.arm.parameters import Given, given_in, value_of
from auditor.plans.arm.resources import DEPLOYMENTS, Instance, Resources
from auditor.plans.arm.scope import MAX_TEMPLATES, Outputs, Path, Situation, Template
from auditor.plans.arm.scope_ids import (
    DEPLOYMENT,
    Place,
    extension_resource_id,
    id_at,
    management_group_resource_id,
    resource_id,
    subscription_resource_id,
    tenant_resource_id,
)
from auditor.plans.arm.spelling import DEPLOYMENT as DEPLOYMENT_MEMBERS
from auditor.plans.arm.spelling import TEMPLATE, canonical
from auditor.plans.arm.values import Declared, Refused, plain, text

_LATER: Final = "is known only where it is deployed"


class Deployment:
    """All templates of one file. Resources and nested templates are looked into when first asked for."""

    def __init__(self, raw: Mapping[str, Any], situation: Situation, parameters: Any, work: Work) -> None:
        self.work = work
        self.root = Template(raw, situation, given_in(parameters), work, self.ask)
        self._resources: dict[Template, Resources] = {}
        self._nested: dict[Instance, Template | None] = {}

    def every(self, template: Template | None = None) -> Iterator[Instance]:
        """The resources of a template and of those nested in it, without the deployments themselves."""
        for instance in list(self._of(template or self.root).all()):
            if instance.kind.casefold() != DEPLOYMENTS:
                yield instance
                continue
            nested = None if instance.existing else self.nested(instance)
            if nested is not None:
                yield from self.every(nested)

    def templates(self, template: Template | None = None) -> Iterator[Template]:
        """A template and those nested in it."""
        template = template or self.root
        yield template
        for instance in list(self._of(template).all()):
            if instance.kind.casefold() == DEPLOYMENTS and not instance.existing:
                nested = self.nested(instance)
                if nested is not None:
                    yield from self.templates(nested)

    def nested(self, instance: Instance) -> Template | None:
        """The template of a deployment that is a resource; None, and a gap, when it is not in the file."""
        if instance not in self._nested:
            self._nested[instance] = None
            self._nested[instance] = self._opened(instance)
        return self._nested[instance]

    def _of(self, template: Template) -> Resources:
        if template not in self._resources:
            self._resources[template] = Resources(template)
        return self._resources[template]

    def _opened(self, instance: Instance) -> Template | None:
        properties, parent = instance.raw.get("properties"), instance.template
        properties = canonical(properties, DEPLOYMENT_MEMBERS) if isinstance(properties, dict) else properties
        inner = properties.get("template") if isinstance(properties, dict) else None
        if not isinstance(properties, dict) or not isinstance(inner, dict):
            linked = isinstance(properties, dict) and "templateLink" in properties
            reason = "its template is linked, and not in this file" if linked else "it has no template that can be read"
            self.work.lose(instance.address, reason)
            return None
        if properties.get("templateLink") is not None:
            self.work.note(instance.address, "it has a template and a link to another, which is not evaluated")
        inner = canonical(inner, TEMPLATE)
        if not isinstance(inner.get("resources"), dict | list):
            self.work.lose(instance.address, "its template has no resources")
            return None
        if parent.level >= MAX_TEMPLATES:
            self.work.lose(instance.address, f"more than {MAX_TEMPLATES} templates are nested in each other")
            return None
        self.work.accounting.open()
        options = properties.get("expressionEvaluationOptions")
        scope = canonical(options, DEPLOYMENT_MEMBERS).get("scope") if isinstance(options, dict) else None
        is_inner = isinstance(scope, str) and scope.casefold() == "inner"
        situation = self._situation(instance)
        given = _given(properties.get("parameters"), instance.env) if is_inner else given_in({})
        return Template(inner, situation, given, self.work, self.ask, parent, None if is_inner else instance.env)

    def _situation(self, instance: Instance) -> Situation:
        parent = instance.template
        try:
            place = self._of(parent).place_of(instance.raw, instance.env)
        except Refused as refused:
            place = Place(Unknown(str(refused)))
        above = parent.situation
        location = above.location if place == above.place else self._location(place, parent)
        path: Path = (*above.path, *instance.path, "properties", "template")
        return Situation(place, location, instance.name, instance.doubt, path)

    def _location(self, place: Place, template: Template) -> Any:
        """Of a resource group: as a resource of the templates declares it."""
        group = place.id
        found = self._find(template, group) if isinstance(group, str) and place.group is not None else None
        location = found.field("location") if found and not found.existing else None
        return location if isinstance(location, str) else Unknown(f"the location of the resource group {_LATER}")

    def _find(self, template: Template, name: str) -> Instance | None:
        """A resource of this template by symbolic name, name or id; of the templates around it by id."""
        found = self._of(template).find(name)
        if found is not None and not found.existing:
            return found
        wanted = found.id if found else name
        above = template.parent
        while above is not None and isinstance(wanted, str):
            wider = self._of(above).find(wanted) if wanted.startswith("/") or above is template.values else None
            if wider is not None and not wider.existing:
                return wider
            above = above.parent
        return found

    def ask(self, template: Template, name: str, arguments: list[Any]) -> Any:
        """The answer of a function about the deployment or its resources."""
        values = [plain(argument) for argument in arguments]
        place_function = _OF_A_PLACE.get(name)
        if place_function is not None:
            return place_function(template.values.situation.place, values)
        situation_function = _OF_THE_SITUATION.get(name)
        if situation_function is not None:
            return situation_function(template.values)
        if name in ("reference", "resourceinfo", "references"):
            return self._reference(template, name, values)
        if name == "fail":
            reason = values[0] if values and isinstance(values[0], str) else "no reason"
            self.work.note("", f"the template fails: {reason}")
            return Unknown(f"the template fails: {reason}")
        if name.startswith("list"):
            return Unknown(f"what {name}() gives {_LATER}")
        if name in _LATER_FUNCTIONS:
            return Unknown(f"what {name}() gives {_LATER}")
        return Unknown(f"{name}() is not evaluated offline")

    def _reference(self, template: Template, function: str, values: list[Any]) -> Any:
        if not values:
            raise Refused(f"{function}() needs the name of a resource")
        if isinstance(values[0], Unknown):
            return values[0]
        name = text(values[0])
        if function == "references":
            return Unknown(f"what {function}({name!r}) gives {_LATER}")
        found = self._find(template, name)
        reason = f"what reference({name!r}) gives beyond what the template declares {_LATER}"
        if found is None:
            return Declared({}, f"{name} is not declared in the template: reference() {_LATER}")
        if function == "resourceinfo":
            return Declared({"id": found.id, "name": found.name, "type": found.kind}, reason)
        if found.doubt is not None:
            return found.doubt
        full = len(values) > 2 and isinstance(values[2], str) and values[2].casefold() == "full"
        if found.existing:
            return Declared({"id": found.id, "name": found.name, "type": found.kind} if full else {}, reason)
        if found.kind.casefold() == DEPLOYMENTS:
            nested = self.nested(found)
            properties = {} if nested is None else {"outputs": Declared(Outputs(nested), reason, whole=True)}
            return Declared({"properties": properties} if full else properties, reason)
        body = found.body()
        if isinstance(body, Unknown):
            return body
        known = body if full else body.get("properties")
        if isinstance(known, Unknown):
            return known
        return Declared(known if isinstance(known, dict) else {}, reason)


def _given(parameters: Any, env: Env) -> Given:
    """The parameters of a nested deployment, each evaluated where the deployment stands, when it is asked for."""
    entries = {name.casefold(): entry for name, entry in parameters.items()} if isinstance(parameters, dict) else {}

    def find(name: str) -> Any:
        if isinstance(parameters, str):
            whole_ = value(parameters, env)
            if not isinstance(whole_, dict):
                return whole_ if isinstance(whole_, Unknown) else MISSING
            return next((value_of(item, name) for key, item in whole_.items() if key.casefold() == name), MISSING)
        return value_of(value(entries[name], env), name) if name in entries else MISSING

    return find


def _subscription(template: Template) -> Any:
    subscription = template.situation.place.subscription
    if subscription is None:
        raise Refused("there is no subscription at this scope")
    return Declared(
        {"id": Place(subscription).id, "subscriptionId": subscription},
        f"this property of the subscription {_LATER}",
    )


def _resource_group(template: Template) -> Any:
    place = template.situation.place
    if place.group is None:
        raise Refused("there is no resource group at this scope")
    known = {
        "id": place.id,
        "name": place.group,
        "location": template.situation.location,
        "type": "Microsoft.Resources/resourceGroups",
    }
    return Declared(known, f"this property of the resource group {_LATER}")


def _deployment(template: Template) -> Any:
    situation = template.situation
    head = {key: template.raw[key] for key in ("$schema", "contentVersion") if key in template.raw}
    known = {
        "name": situation.name,
        "id": id_at(situation.place, DEPLOYMENT, situation.name),
        "properties": {"template": head},
        "location": None if situation.place.group else situation.location,
    }
    return Declared(known, f"this property of the deployment {_LATER}")


def _environment(_template: Template) -> Any:
    return Declared(_PUBLIC_CLOUD, "this property of the cloud is not known offline")


def _beyond(what: str) -> Callable[[Template], Any]:
    return lambda _template: Declared({}, f"this property of the {what} {_LATER}")


_PUBLIC_CLOUD: Final[Mapping[str, Any]] = {
    "name": "AzureCloud",
    "resourceManager": "https://management.azure.com/",
    "authentication": {
        "loginEndpoint": "https://login.microsoftonline.com/",
        "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
        "tenant": "common",
        "identityProvider": "AAD",
    },
    "graph": "https://graph.windows.net/",
    "portal": "https://portal.azure.com",
    "suffixes": {
        "acrLoginServer": ".azurecr.io",
        "azureDatalakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
        "azureDatalakeStoreFileSystem": "azuredatalakestore.net",
        "azureFrontDoorEndpointSuffix": "azurefd.net",
        "keyvaultDns": ".vault.azure.net",
        "sqlServerHostname": ".database.windows.net",
        "storage": "core.windows.net",
    },
}
"""What environment() gives in the public cloud; a template says nothing of the cloud that it is for."""

_OF_A_PLACE: Final[Mapping[str, Callable[[Place, list[Any]], Any]]] = {
    "extensionresourceid": extension_resource_id,
    "managementgroupresourceid": management_group_resource_id,
    "resourceid": resource_id,
    "subscriptionresourceid": subscription_resource_id,
    "tenantresourceid": tenant_resource_id,
}

_OF_THE_SITUATION: Final[Mapping[str, Callable[[Template], Any]]] = {
    "deployer": _beyond("deployer"),
    "deployment": _deployment,
    "environment": _environment,
    "managementgroup": _beyond("management group"),
    "resourcegroup": _resource_group,
    "subscription": _subscription,
    "tenant": _beyond("tenant"),
}

_LATER_FUNCTIONS: Final = frozenset({"newguid", "pickzones", "tological", "tologicalzone", "tophysicalzone", "utcnow"})
