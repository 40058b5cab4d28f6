"""From an API of API Management to its backends: by which policies, how protected, and who is let in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from auditor.lenses.certificates.certificate_locations import thumbprint_of, vault_ref
from auditor.lenses.paths.apim.authentication import authentication_of
from auditor.lenses.paths.apim.service import KIND, service_of, split, subnet_of, tls_floor
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.hop_builder import Land, Sender, follow
from auditor.lenses.paths.model import Place, Tail, evidence, lost, place
from auditor.lenses.paths.naming import OTHERS
from auditor.lenses.paths.trust import Served, Trust, store_of
from auditor.lenses.truth import Truth, truth_and
from auditor.lenses.values import flag, hidden_in, last, listing, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown, parent_of

if TYPE_CHECKING:
    from auditor.lenses.api_policy.lens import EffectivePolicies
    from auditor.lenses.api_policy.model import EffectivePolicy, Target

_BACKENDS: Final = (f"{KIND}/backends", f"{KIND}/workspaces/backends")
_CERTIFICATES: Final = (f"{KIND}/certificates", f"{KIND}/workspaces/certificates")
READS: Final = frozenset({*_BACKENDS, *_CERTIFICATES})
_POLICIES: Final = f"{KIND}/apis/policies"
_MOST: Final = 16  # members of a pool of backends

Way = tuple[Tail, "list[EffectivePolicy]"]
"""A tail, and the policies by which requests take it."""


class Backends:
    """The backends of the estate, as the policies of APIs call them."""

    def __init__(self, estate: Estate, trust: Trust, policies: EffectivePolicies, land: Land) -> None:
        self._estate = estate
        self._trust = trust
        self._policies = policies
        self._land = land
        self._tails: dict[str, tuple[Tail, ...]] = {}
        self._certificates: dict[tuple[str, str], Resource] = {}  # by service; name or thumbprint
        for certificate in estate.all(*_CERTIFICATES):
            own = service_of(certificate.id)
            thumbprint = thumbprint_of(get(certificate.body, "properties", "thumbprint"))
            for name in (certificate.name.casefold(), thumbprint):
                if name:
                    self._certificates.setdefault((own, name), certificate)

    def of_api(self, service: Resource, api: Resource, serves: str) -> tuple[Tail, ...]:
        """Every way from an API on, which serves a route."""
        key = api.id.casefold()
        found = self._tails.get(key)
        if found is None:
            found = self._tails[key] = tuple(self._backends(service, api, serves))
        return found

    def _backends(self, service: Resource, api: Resource, serves: str) -> Iterator[Tail]:
        policies = self._policies.of_api(api.id)
        origin = place("apiManagement", f"{service.name}/{api.name}", api.id)
        authentication = authentication_of(policies, self._estate.hole(_POLICIES, api.id))
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
                hole = self._estate.hole(_BACKENDS[0], service.id)
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
            found = self._backend(text_at(item, "id")) or self._backend(_beside(backend, text_at(item, "id")))
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
        parts = split(url)
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
            sends=policy.backend_certificate, shows=shows, tls=tls_floor(own, "Backend."),
        )  # fmt: skip
        landings = self._land(host, port, host, path, subnet_of(own))
        yield from follow(sender, landings, host, self._trust)

    def _shown(self, service: Resource, policy: EffectivePolicy, holder: Resource | None) -> Served | Unknown:
        """The client certificate that a backend is shown: of the policies, else of the backend itself."""
        named = list(policy.sent_certificates)
        if not named and holder is not None:
            given = get(holder.body, "properties", "credentials")
            hidden = hidden_in(get(given, "certificateIds")) or hidden_in(get(given, "certificate"))
            if hidden:
                return hidden
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


def _beside(backend: Resource, named: str | None) -> str:
    """The id of a backend of the same place, as `/backends/NAME` means it."""
    return f"{parent_of(backend.id)}/backends/{last(named)}" if (named or "").startswith("/backends/") else ""


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
