"""API Management: gateway host → API with its effective policy → backend URL."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from auditor.lenses.paths.ends import Land, Landing, Sender, follow
from auditor.lenses.paths.estate import Estate, flag, listing, word
from auditor.lenses.paths.gateway import Entered
from auditor.lenses.paths.naming import OTHERS
from auditor.lenses.paths.routes import taken
from auditor.lenses.paths.shapes import Missing, Place, Tail, Truth, evidence, lost, place, truth_and
from auditor.lenses.paths.trust import Served, Trust, store_of
from auditor.lenses.sightings import get, items, last, moment, text_at, texts, thumbprint_of, vault_ref
from auditor.model import Resource, Unknown, parent_of

if TYPE_CHECKING:
    from auditor.lenses.api_policy import EffectivePolicies
    from auditor.lenses.api_policy_model import EffectivePolicy, Target

KIND: Final = "microsoft.apimanagement/service"
APIS, BACKENDS = f"{KIND}/apis", f"{KIND}/backends"
WORKSPACES: Final = f"{KIND}/workspaces"
IN_WORKSPACES: Final = f"{WORKSPACES}/apis"
_BACKENDS: Final = (BACKENDS, f"{WORKSPACES}/backends")
_CERTIFICATES: Final = (f"{KIND}/certificates", f"{WORKSPACES}/certificates")
READS: Final = frozenset({KIND, APIS, WORKSPACES, IN_WORKSPACES, *_BACKENDS, *_CERTIFICATES})
_PROTOCOLS: Final = "Microsoft.WindowsAzure.ApiManagement.Gateway.Security."
_PLATFORM: Final = ".azure-api."  # names that Azure gives, with certificates of its own
_MOST: Final = 16  # members of a pool of backends

Around = Callable[[Resource, str | None, str | None], tuple[dict[str, Any], ...]]
"""The ways around a service: itself, the subnet it is in, the subnet that its callers come from."""
Way = tuple[Tail, "list[EffectivePolicy]"]
"""A tail, and the policies by which requests take it."""


class Management:
    """The services of the estate, found by host name and address."""

    def __init__(self, estate: Estate, trust: Trust, policies: EffectivePolicies, land: Land, around: Around) -> None:
        self._estate = estate
        self._trust = trust
        self._policies = policies
        self._land = land
        self._around = around
        self._apis: dict[str, dict[str, list[tuple[Resource, str]]]] = defaultdict(dict)  # by service, first segment
        self._hosts: dict[str, Resource] = {}
        self._addresses: dict[str, tuple[Resource, str | None]] = {}
        self._tails: dict[str, tuple[Tail, ...]] = {}
        self._landings: dict[tuple[str, str, str, str | None], tuple[Landing, ...]] = {}
        for service in estate.all(KIND):
            own = get(service.body, "properties")
            for item in items(own, "hostnameConfigurations"):
                self._hosts.setdefault((text_at(item, "hostName") or "").casefold(), service)
            for url in ("gatewayUrl", "gatewayRegionalUrl"):
                self._hosts.setdefault(urlsplit_host(text_at(own, url)), service)
            for location in (own, *items(own, "additionalLocations")):
                subnet = text_at(location, "virtualNetworkConfiguration", "subnetResourceId")
                for key in ("privateIPAddresses", "publicIPAddresses"):
                    for address in texts(location, key):
                        self._addresses[address] = service, subnet
        self._hosts.pop("", None)
        self._certificates: dict[tuple[str, str], Resource] = {}  # by service; name or thumbprint
        for certificate in estate.all(*_CERTIFICATES):
            own = _service_of(certificate.id)
            thumbprint = thumbprint_of(get(certificate.body, "properties", "thumbprint"))
            for name in (certificate.name.casefold(), thumbprint):
                if name:
                    self._certificates.setdefault((own, name), certificate)
        for api in estate.all(APIS, IN_WORKSPACES):
            if get(api.body, "properties", "isCurrent") is not False:  # else it is an old revision
                serves = _route_of(api)
                self._apis[_service_of(api.id)].setdefault(_segment(serves), []).append((api, serves))

    def by_host(self, host: str) -> Resource | None:
        """The service that has a host name; a wildcard stands for one label."""
        folded = host.casefold()
        return self._hosts.get(folded) or self._hosts.get(f"*.{folded.partition('.')[2]}")

    def by_address(self, address: str) -> Resource | None:
        """The service that has an address, in any of its regions."""
        found = self._addresses.get(address)
        return found[0] if found else None

    # --- from the Internet --------------------------------------------------------------------------------------

    def paths(self) -> Iterator[Entered]:
        """What clients reach at services that stand open to the Internet."""
        for service in self._estate.all(KIND):
            public = is_open(service)
            if public is False:
                continue
            own = get(service.body, "properties")
            configured = [text_at(item, "hostName") for item in _proxies(own)]
            hosts = [host for host in configured if host] or [urlsplit_host(text_at(own, "gatewayUrl")) or "*"]
            entry = place("apiManagement", service.name, service.id, addresses=texts(own, "publicIPAddresses"))
            for host in dict.fromkeys(hosts):
                for tail in self._from_internet(service, host):
                    yield Entered(service, host, "/*", entry, public, tail)

    def _from_internet(self, service: Resource, host: str) -> Iterator[Tail]:
        sender = Sender(
            place("client", "Internet"),
            encrypts=True,
            verifies=True,
            says="clients reach the gateway of API Management itself",
            evidence=evidence(
                service.id, "properties.virtualNetworkType", get(service.body, "properties", "virtualNetworkType")
            ),
        )
        yield from follow(sender, self._landed(service, host, "/*", None, direct=True), host, self._trust)

    # --- where a request arrives --------------------------------------------------------------------------------

    def landings(
        self, service: Resource, host: str, route: str, subnet: str | None, address: str | None
    ) -> tuple[Landing, ...]:
        """A service as requests for a host and a route meet it: one landing for each API."""
        key = (service.id.casefold(), host.casefold(), route, subnet, address)
        found = self._landings.get(key[:4]) if address is None else None
        if found is None:
            found = tuple(self._landed(service, host, route, subnet, address=address))
            if address is None:
                self._landings[key[:4]] = found
        return found

    def _landed(
        self,
        service: Resource,
        host: str,
        route: str,
        subnet: str | None,
        *,
        address: str | None = None,
        direct: bool = False,
    ) -> Iterator[Landing]:
        own = get(service.body, "properties")
        configured, number = self._configured(own, host)
        kind = word(configured, "type", otherwise="proxy")
        served = self._served(configured, host)
        floor = _floor(own, f"{_PROTOCOLS}Protocols.")
        inside = self._addresses[address][1] if address in self._addresses else _subnet(own)
        bypasses = () if direct else self._around(service, inside, subnet)
        target = place("apiManagement", service.name, service.id, element=_element(configured, number))
        if kind not in ("proxy", ""):
            told = place("apiManagement", f"{service.name} ({text_at(configured, 'type')})", service.id)
            yield Landing(told, served=served, tls=floor, bypasses=bypasses, logging=(service.id,))
            return
        negotiates = flag(configured, "negotiateClientCertificate", otherwise=False)
        found = 0
        for api, serves in self._serving(service, route):
            found += 1
            yield Landing(
                target, served=served, asks=self._asks(api, negotiates), tls=floor, bypasses=bypasses,
                logging=(service.id,), tails=self._of_api(service, api, serves), missing=self._elsewhere(service, api),
            )  # fmt: skip
        hole = self._estate.hole(APIS, service.id) or self._estate.gap(IN_WORKSPACES, service.id)
        if hole or not found:
            why = hole or f"no API serves {route}"
            tail = lost(target, f"API of {service.name}", why, gone=hole is None)
            yield Landing(
                target, served=served, tls=floor, asks="asked" if negotiates is True else None, bypasses=bypasses,
                logging=(service.id,), tails=(tail,),
            )  # fmt: skip

    def _elsewhere(self, service: Resource, api: Resource) -> tuple[Missing, ...]:
        """An API of a workspace may be served by a gateway of the workspace alone."""
        if api.type.casefold() != IN_WORKSPACES:
            return ()
        workspace = self._estate.by_id(WORKSPACES, parent_of(api.id))
        serves = word(workspace.body, "properties", "serveOn") if workspace else ""
        if isinstance(serves, str) and "default" in serves:
            return ()
        name = (parent_of(api.id) or "").rpartition("/")[2]
        why = "its APIs may be served by a gateway of its own alone"
        return (Missing(f"workspace {name} at the gateway of {service.name}", why),)

    def _serving(self, service: Resource, route: str) -> Iterator[tuple[Resource, str]]:
        """The APIs of a service that a route may lead to, each with its own route."""
        segments = self._apis.get(service.id.casefold(), {})
        wanted = {_segment(part) for part in route.split(",")}
        near = [pair for one in (segments if "" in wanted else sorted({"", *wanted})) for pair in segments.get(one, ())]
        known = [(serves, not isinstance(get(api.body, "properties", "path"), Unknown)) for api, serves in near]
        yield from (near[number] for number in taken(route, known))

    def _configured(self, own: Any, host: str) -> tuple[dict[str, Any], int]:
        """The host name that answers: its own, a wildcard above it, else the default binding."""
        listed, _hidden = listing(own, "hostnameConfigurations")
        numbered = list(enumerate(listed))
        folded = host.casefold()
        for wanted in (folded, f"*.{folded.partition('.')[2]}"):
            for number, item in numbered:
                if (text_at(item, "hostName") or "").casefold() == wanted:
                    return item, number
        for number, item in numbered:
            if get(item, "defaultSslBinding") is True:
                return item, number
        return {}, -1

    def _served(self, configured: dict[str, Any], host: str) -> Served | Unknown | None:
        name = text_at(configured, "hostName") or host
        if _PLATFORM in name.casefold():
            return None
        certificate = get(configured, "certificate")
        thumbprint = thumbprint_of(get(certificate, "thumbprint"))
        found = self._trust.of_vault(vault_ref(get(configured, "keyVaultId")), thumbprint)
        found = found or self._trust.of_thumbprint(thumbprint, name, get(certificate, "expiry"))
        return found or Unknown(f"the certificate of {name} is not visible")

    def _asks(self, api: Resource, negotiates: Truth) -> str | Unknown:
        checks = [policy.certificate_checked for policy in self._policies.of_api(api.id)]
        checked: Truth = truth_and(*checks) if checks else Unknown("its policy was not read")
        if checked is True:
            return "verified"
        if isinstance(checked, Unknown) and (negotiates is not False or any(check is True for check in checks)):
            return checked
        if isinstance(negotiates, Unknown):
            return negotiates
        return "asked" if negotiates else "none"

    # --- API to backend -----------------------------------------------------------------------------------------

    def _of_api(self, service: Resource, api: Resource, serves: str) -> tuple[Tail, ...]:
        key = api.id.casefold()
        found = self._tails.get(key)
        if found is None:
            found = self._tails[key] = tuple(self._backends(service, api, serves))
        return found

    def _backends(self, service: Resource, api: Resource, serves: str) -> Iterator[Tail]:
        policies = self._policies.of_api(api.id)
        origin = place("apiManagement", f"{service.name}/{api.name}", api.id)
        authentication = _authentication(policies, self._estate.hole(f"{APIS}/policies", api.id))
        calls: dict[tuple[Any, ...], tuple[Target, list[EffectivePolicy]]] = {}
        for policy in policies:
            for target in policy.targets:
                where = target.url, target.resource, target.backend, target.unknown
                how = policy.backend_certificate, policy.sent_certificates
                calls.setdefault((where, how), (target, []))[1].append(policy)
        ways: list[Way] = []
        for target, alike in calls.values():
            ways += ((tail, alike) for tail in self._target(service, api, target, alike[0], origin))
        if not ways and policies and all(policy.answers_itself for policy in policies):
            ways.append((Tail(origin), list(policies)))  # no request goes further
        if not ways:
            nowhere = lost(origin, f"backend of API {api.name}", "neither the API nor a policy names one")
            ways.append((nowhere, list(policies)))
        ways = _unlike(ways)
        ends = Counter(tail.target["name"] for tail, _ in ways)
        for tail, alike in ways:
            some = _operations(alike, policies) if ends[tail.target["name"]] > 1 else ()
            yield replace(tail, authentication=authentication, label=serves, operations=some)

    def _target(
        self, service: Resource, api: Resource, target: Target, policy: EffectivePolicy, origin: Place
    ) -> Iterator[Tail]:
        if target.resource is not None or target.backend is not None:
            backend = self._backend(target.resource)
            if backend is None:
                edge = f"backend {target.backend or target.resource} of {service.name}"
                hole = self._estate.hole(BACKENDS, service.id)
                yield lost(origin, edge, hole or "there is none of this name", gone=hole is None)
                return
            for member in self._members(backend):
                if isinstance(member, Resource):
                    url = get(member.body, "properties", "url")
                    yield from self._call(service, member, url, "properties.url", policy, origin)
                else:
                    yield lost(origin, f"members of backend pool {backend.name}", member.reason)
            return
        if target.url is None:
            yield lost(origin, f"backend of API {api.name}", target.unknown or "no address is given")
            return
        place_of = target.place.document if target.place else api.id
        field = "properties.value" if target.place else "properties.serviceUrl"
        known = api if place_of == api.id else None
        yield from self._call(service, known, target.url, field, policy, origin, told=place_of)

    def _backend(self, resource_id: str | None) -> Resource | None:
        found = (self._estate.by_id(kind, resource_id) for kind in _BACKENDS)
        return next((backend for backend in found if backend), None)

    def _members(self, backend: Resource) -> Iterator[Resource | Unknown]:
        """A backend, or the members of a pool of them."""
        kind = word(backend.body, "properties", "type", otherwise="single")
        if kind != "pool":
            yield backend
            return
        services, hidden = listing(backend.body, "properties", "pool", "services")
        for item in services[:_MOST]:
            named = get(item, "id")
            found = self._backend(text_at(item, "id"))
            why = named if isinstance(named, Unknown) else Unknown(f"backend {text_at(item, 'id')} was not found")
            yield found or why
        if hidden or len(services) > _MOST:
            yield hidden or Unknown(f"only the first {_MOST} are followed")

    def _call(
        self,
        service: Resource,
        holder: Resource | None,
        url: Any,
        field: str,
        policy: EffectivePolicy,
        origin: Place,
        told: str | None = None,
    ) -> Iterator[Tail]:
        """The call of a URL, which a backend, an API or a policy names."""
        where = told or (holder.id if holder else service.id)
        parts = _split(url)
        if isinstance(parts, Unknown):
            yield lost(origin, f"address in {field} of {where.rpartition('/')[2]}", parts.reason)
            return
        scheme, host, port, path = parts
        encrypts = scheme in ("https", "wss")
        checks: tuple[Truth, Truth] = (True, True)
        seen: Any = f"{scheme}://{host}:{port}{path.removesuffix('/*')}"  # without what may be secret in a URL
        if holder is not None and holder.type.casefold() in _BACKENDS:
            own = get(holder.body, "properties", "tls")
            checks = (
                flag(own, "validateCertificateChain", otherwise=True),
                flag(own, "validateCertificateName", otherwise=True),
            )
            if encrypts and truth_and(*checks) is not True:
                key = "validateCertificateChain" if checks[0] is not True else "validateCertificateName"
                field, seen = f"properties.tls.{key}", get(own, key)
        shows: Served | Unknown | None = None
        if encrypts and policy.backend_certificate is True:
            shows = self._shown(service, policy, holder)
        own = get(service.body, "properties")
        store = get(own, "certificates")
        anchors, whole = store_of(store)
        verifies = truth_and(*checks)
        says = "calls the backend " + (
            "in plain text" if not encrypts else "over TLS" + (" without verifying it" if verifies is False else "")
        )
        sender = Sender(
            origin, encrypts, verifies, says, evidence(where, field, seen), anchors, whole,
            sends=policy.backend_certificate, shows=shows, tls=_floor(own, f"{_PROTOCOLS}Backend.Protocols."),
        )  # fmt: skip
        landings = self._land(host, port, host, path, _subnet(own))
        yield from follow(sender, landings, host, self._trust)

    def _shown(self, service: Resource, policy: EffectivePolicy, holder: Resource | None) -> Served | Unknown:
        """The client certificate that a backend is shown: of the policies, else of the backend itself."""
        named = list(policy.sent_certificates)
        if not named and holder is not None:
            given = get(holder.body, "properties", "credentials")
            named = [last(one) for one in texts(given, "certificateIds")] or texts(given, "certificate")
        if len(named) != 1:
            return Unknown("which client certificate is sent is not known")
        key = thumbprint_of(named[0]) or named[0].casefold()
        found = self._certificates.get((service.id.casefold(), key))
        if found is None:
            hole = self._estate.hole(_CERTIFICATES[0], service.id)
            return Unknown(hole or f"the service has no certificate {named[0][:100]}")
        own = get(found.body, "properties")
        thumbprint = thumbprint_of(get(own, "thumbprint"))
        served = self._trust.of_vault(vault_ref(get(own, "keyVault", "secretIdentifier")), thumbprint)
        served = served or self._trust.of_thumbprint(thumbprint, found.name, get(own, "expirationDate"))
        return served or Unknown(f"the certificate {found.name} is not visible")


def _unlike(ways: list[Way]) -> list[Way]:
    """Ways that differ in where they lead; those that do not are one, of the policies of all of them."""
    found: list[Way] = []
    for tail, policies in ways:
        same = next((own for other, own in found if tail.hops == other.hops and tail.missing == other.missing), None)
        if same is None:
            found.append((tail, list(policies)))
        else:
            same += (policy for policy in policies if policy not in same)
    return found


def _operations(some: Sequence[EffectivePolicy], policies: Sequence[EffectivePolicy]) -> tuple[str, ...]:
    """The names of the operations that some of the policies of an API are of; none when they are all."""
    if len(some) == len(policies):
        return ()
    own = sorted(policy.operation.rpartition("/")[2] for policy in some if policy.operation)
    return (*own, *([OTHERS] if len(own) < len(some) else ()))


def _authentication(policies: tuple[EffectivePolicy, ...], hole: str | None) -> dict[str, Any]:
    """Whether every operation of an API knows who calls, by what, and which do not."""
    if not policies:
        return {"effective": Unknown(hole or "the policy of the API was not read"), "by": [], "exceptions": []}
    bare = sorted(
        operation
        for policy in policies
        if policy.authenticated is False
        for operation in (policy.operations or (policy.operation or policy.api,))
    )
    by = {token.policy for policy in policies for token in policy.tokens}
    if any(policy.certificates for policy in policies):
        by.add("validate-client-certificate")
    effective = truth_and(*(policy.authenticated for policy in policies))
    found = {"effective": effective, "by": sorted(by), "exceptions": bare}
    names = [operation.rpartition("/apis/")[2].replace("/operations/", "/") for operation in bare]
    return found | ({"says": f"callers are not checked in {', '.join(names)}"} if bare else {})


def is_open(service: Resource) -> Truth:
    """Whether a service answers the Internet: not in a virtual network of its own, and not switched off."""
    own = get(service.body, "properties")
    if isinstance(own, Unknown):
        return own
    kind = word(own, "virtualNetworkType", otherwise="none")
    access = word(own, "publicNetworkAccess", otherwise="enabled")
    if kind == "internal" or (kind == "none" and access == "disabled"):
        return False
    if isinstance(kind, Unknown) or isinstance(access, Unknown):
        return kind if isinstance(kind, Unknown) else access  # type: ignore[return-value]
    return access != "disabled"


def _proxies(own: Any) -> Iterator[dict[str, Any]]:
    for item in items(own, "hostnameConfigurations"):
        if word(item, "type") == "proxy":
            yield item


def _element(configured: dict[str, Any], number: int) -> str | None:
    host = text_at(configured, "hostName")
    return f"hostnameConfigurations/{host}" if host and number >= 0 else None


def _subnet(own: Any) -> str | None:
    return text_at(own, "virtualNetworkConfiguration", "subnetResourceId")


_OFF_SINCE: Final = dt.datetime(2018, 4, 2, tzinfo=dt.UTC)
"""Services created from then on have the old protocols off where nothing is said (SDK, `customProperties`)."""


def _floor(own: Any, prefix: str) -> str | Unknown:
    """The lowest version that is not switched off."""
    custom = get(own, "customProperties")
    if isinstance(custom, Unknown):
        return custom
    created = moment(get(own, "createdAtUtc"))
    for key, version in (("Ssl30", "1.0"), ("Tls10", "1.0"), ("Tls11", "1.1")):
        if created is None and get(custom, prefix + key) is None:
            return Unknown("the service does not say which old protocols are off")
        on = flag(custom, prefix + key, otherwise=created is not None and created < _OFF_SINCE)
        if isinstance(on, Unknown):
            return on
        if on:
            return version
    return "1.2"


def _service_of(api: str) -> str:
    """The casefolded id of the service of an API, which may lie in a workspace."""
    return (parent_of(api) or "").casefold().partition("/workspaces/")[0]


def _route_of(api: Resource) -> str:
    path = text_at(api.body, "properties", "path") or ""
    return f"/{path.strip('/')}/*" if path.strip("/") else "/*"


def _segment(route: str) -> str:
    """The first segment of a route in small letters; empty for one that takes all."""
    return route.strip().rstrip("*").strip("/").partition("/")[0].casefold()


def urlsplit_host(url: str | None) -> str:
    """The host of a URL, in small letters; empty when there is none."""
    parts = _split(url)
    return "" if isinstance(parts, Unknown) else parts[1]


def _split(url: Any) -> tuple[str, str, int, str] | Unknown:
    """Scheme, host, port and route of a URL."""
    if isinstance(url, Unknown):
        return url
    if not isinstance(url, str) or not url:
        return Unknown("no URL is given")
    if "{{" in url or "@(" in url:
        return Unknown("an expression or named value in it decides when the call is made")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return Unknown("the URL cannot be read")
    scheme, host = parts.scheme.casefold(), (parts.hostname or "").casefold().rstrip(".")
    if not host or scheme not in ("http", "https", "ws", "wss"):
        return Unknown("it is no URL of HTTP")
    number = port if port is not None else 443 if scheme in ("https", "wss") else 80
    return scheme, host, number, f"{parts.path.rstrip('/')}/*"
