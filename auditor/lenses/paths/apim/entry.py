"""API Management: which service a request meets, by host name or address, and what that serves and asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from auditor.lenses.certificates.certificate_locations import thumbprint_of, vault_ref
from auditor.lenses.paths.apim.apis import Apis
from auditor.lenses.paths.apim.backends import Backends
from auditor.lenses.paths.apim.service import KIND, host_of, is_open, proxies, subnet_of, tls_floor
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.hop_builder import Land, Landing, Sender, follow
from auditor.lenses.paths.model import Entered, Tail, evidence, lost, place
from auditor.lenses.paths.trust import Served, Trust
from auditor.lenses.truth import Truth, truth_and, truth_not
from auditor.lenses.values import flag, items, listing, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

if TYPE_CHECKING:
    from auditor.lenses.api_policy.lens import EffectivePolicies

READS: Final = frozenset({KIND})
_PLATFORM: Final = ".azure-api."  # names that Azure gives, with certificates of its own

Around = Callable[[Resource, str | None, str | None], tuple[dict[str, Any], ...]]
"""The ways around a service: itself, the subnet it is in, the subnet that its callers come from."""


class Management:
    """The services of the estate, found by host name and address."""

    def __init__(self, estate: Estate, trust: Trust, policies: EffectivePolicies, land: Land, around: Around) -> None:
        self._estate = estate
        self._trust = trust
        self._policies = policies
        self._around = around
        self._apis = Apis(estate)
        self._backends = Backends(estate, trust, policies, land)
        self._hosts: dict[str, Resource] = {}
        self._addresses: dict[str, tuple[Resource, str | None]] = {}
        self._landings: dict[tuple[str, str, str, str | None], tuple[Landing, ...]] = {}
        for service in estate.all(KIND):
            own = get(service.body, "properties")
            for item in items(own, "hostnameConfigurations"):
                self._hosts.setdefault((text_at(item, "hostName") or "").casefold(), service)
            for url in ("gatewayUrl", "gatewayRegionalUrl"):
                self._hosts.setdefault(host_of(text_at(own, url)), service)
            for location in (own, *items(own, "additionalLocations")):
                subnet = text_at(location, "virtualNetworkConfiguration", "subnetResourceId")
                for key in ("privateIPAddresses", "publicIPAddresses"):
                    for address in texts(location, key):
                        self._addresses[address] = service, subnet
        self._hosts.pop("", None)

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
            public = truth_and(public, truth_not(self._pinned(service)))
            own = get(service.body, "properties")
            configured = [text_at(item, "hostName") for item in proxies(own)]
            hosts = [host for host in configured if host] or [host_of(text_at(own, "gatewayUrl")) or "*"]
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
        floor = tls_floor(own, "")
        inside = self._addresses[address][1] if address in self._addresses else subnet_of(own)
        bypasses = () if direct else self._around(service, inside, subnet)
        target = place("apiManagement", service.name, service.id, element=_element(configured, number))
        if kind not in ("proxy", ""):
            told = place("apiManagement", f"{service.name} ({text_at(configured, 'type')})", service.id)
            yield Landing(told, served=served, tls=floor, bypasses=bypasses, logging=(service.id,))
            return
        negotiates = flag(configured, "negotiateClientCertificate", otherwise=False)
        found = 0
        for api, serves, missing in self._apis.serving(service, route):
            found += 1
            yield Landing(
                target, served=served, asks=self._asks(api, negotiates), tls=floor, bypasses=self._shut(api, bypasses),
                logging=(service.id,), tails=self._backends.of_api(service, api, serves),
                missing=missing,
            )  # fmt: skip
        hole = self._apis.hole(service)
        if hole or not found:
            why = hole or f"no API serves {route}"
            tail = lost(target, f"API of {service.name}", why, gone=hole is None)
            yield Landing(
                target, served=served, tls=floor, asks="asked" if negotiates is True else None, bypasses=bypasses,
                logging=(service.id,), tails=(tail,),
            )  # fmt: skip

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

    def _through_front_door(self, api: Resource) -> Truth:
        """Whether an API refuses what does not come through one Front Door."""
        checks = [policy.front_door_checked for policy in self._policies.of_api(api.id)]
        return truth_and(*checks) if checks else Unknown("its policy was not read")

    def _pinned(self, service: Resource) -> Truth:
        """Whether all APIs of a service do."""
        pinned = [self._through_front_door(api) for api, _route, _missing in self._apis.serving(service, "/*")]
        hole = self._apis.hole(service)
        return truth_and(*pinned, Unknown(hole) if hole else True) if pinned else False

    def _shut(self, api: Resource, bypasses: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        """The ways around a service that lead to an API: what asks for a Front Door does not answer past it."""
        pinned = self._through_front_door(api)
        if pinned is False:
            return bypasses
        direct = [one for one in bypasses if one["kind"] == "publicApiManagement"]
        kept = tuple(one for one in bypasses if one["kind"] != "publicApiManagement")
        return kept if pinned is True else (*(one | {"open": truth_and(one["open"], pinned)} for one in direct), *kept)

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


def _element(configured: dict[str, Any], number: int) -> str | None:
    host = text_at(configured, "hostName")
    return f"hostnameConfigurations/{host}" if host and number >= 0 else None
