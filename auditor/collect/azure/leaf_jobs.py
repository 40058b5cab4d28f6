"""Readings that lead to no other: each reads one thing and puts it into the book."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.collect.azure.api_versions import ApiVersion
from auditor.collect.azure.arm import SOURCE as ARM
from auditor.collect.azure.arm import subscription_of
from auditor.collect.azure.children import Child
from auditor.collect.azure.context import Live
from auditor.collect.azure.network import SOURCE as NETWORK
from auditor.collect.azure.network import Action
from auditor.collect.azure.permissions import may_read, permissions_at
from auditor.collect.azure.replies import GONE, CallFailed
from auditor.collect.azure.responses import Managed, is_absent, one, resource_of, with_value
from auditor.collect.azure.tables import PRICINGS
from auditor.collect.azure.vaults import SOURCE as VAULT
from auditor.collect.azure.vaults import TYPE as CERTIFICATES
from auditor.collect.workers import Job
from auditor.model.case_insensitive import get
from auditor.model.gap import Gap
from auditor.model.resource import Resource, Unknown
from auditor.sanitize.azure import sanitized_azure


@dataclass(frozen=True)
class ReadOne(Job):
    """One child, of which a list leaves fields out."""

    live: Live
    child: Child
    parent: str
    name: str
    managed: Managed = None
    lane: str = ARM

    @property
    def pace(self) -> str:
        return subscription_of(self.parent)

    def run(self) -> Iterator[Job]:
        live, child = self.live, self.child
        path = f"{self.parent}/{child.path}/{self.name}"
        call = f"arm {path}"
        if live.book.kept(call) is not None:
            return
        try:
            reply = live.arm.get(path, child.version.asked, child.query)
            found = [] if is_absent(reply) else [one(reply)]
        except CallFailed as failure:
            self.lost(failure)
            return
        live.book.keep(call, [resource_of(body, child, self.parent, self.managed) for body in found])
        live.book.told(ARM, done=1)
        yield from ()

    def lost(self, failure: CallFailed) -> None:
        self.live.failed(self.parent, failure, {self.child.type}, f"GET {self.child.path}/{self.name}")


@dataclass(frozen=True)
class ReadPreview(Job):
    """What only a preview says of a resource that Resource Graph gave."""

    live: Live
    version: ApiVersion
    resource: Resource
    lane: str = ARM

    @property
    def pace(self) -> str:
        return subscription_of(self.resource.id)

    def run(self) -> Iterator[Job]:
        live, resource = self.live, self.resource
        if live.book.is_replaced(resource.id):
            return
        try:
            reply = live.arm.get(resource.id, self.version.asked)
            if reply.version_refused:
                self._unknown(self.version.refused)
                return
            told = one(reply)
        except CallFailed as failure:
            self.lost(failure)
            return
        body = resource.body
        for path in self.version.lacks:
            body = with_value(body, path, get(told, *path.split(".")))
        live.book.replace(Resource(resource.type, sanitized_azure(body), resource.origin))
        live.book.told(ARM, done=1)
        yield from ()

    def lost(self, failure: CallFailed) -> None:
        """A gap, but none that puts every answer in doubt: those about these paths are unknown."""
        reason = f"GET {self.resource.id.rpartition('/')[2]} in API version {self.version.asked}: {failure.reason}"
        self.live.book.gap(Gap(what=self.resource.id, reason=reason, kind=failure.kind))
        self._unknown(reason, again=True)

    def _unknown(self, reason: str, *, again: bool = False) -> None:
        resource, body = self.resource, self.resource.body
        for path in self.version.lacks:
            body = with_value(body, path, Unknown(reason))
        self.live.book.replace(Resource(resource.type, body, resource.origin, partial=True), again=again)


@dataclass(frozen=True)
class ReadCertificate(Job):
    """One certificate: what is public of it, and its policy."""

    live: Live
    vault: str
    address: str
    name: str
    lane: str = VAULT

    def run(self) -> Iterator[Job]:
        try:
            self.live.vaults.certificate(self.vault, self.address, self.name)
        except CallFailed as failure:
            self.lost(failure)
        yield from ()

    def lost(self, failure: CallFailed) -> None:
        self.live.failed(self.vault, failure, {CERTIFICATES}, f"GET certificates/{self.name}")


@dataclass(frozen=True)
class ReadPermissions(Job):
    """What the caller may do at a subscription or resource group: who may not read all of it is shown a part without a
    word. `types` are those that Resource Graph is asked for there."""

    live: Live
    place: str
    types: frozenset[str]
    lane: str = ARM

    @property
    def pace(self) -> str:
        return subscription_of(self.place)

    def run(self) -> Iterator[Job]:
        try:
            given = permissions_at(self.place, self.live.arm)
        except CallFailed as failure:
            if failure.kind == "forbidden" or failure.code.casefold() in GONE:
                given = ()
            else:
                self.lost(failure)
                return
        lacking = {kind for kind in self.types if not may_read(kind, given)}
        if lacking == self.types:
            self._tell(lacking, "the identity may not read all of it; needs Reader there")
        else:
            for kind in sorted(lacking):
                self._tell({kind}, f"the identity may not read all of it; needs {kind}/read there")
        yield from ()

    def _tell(self, types: set[str], reason: str) -> None:
        below = {inner for kind in types for inner in (kind, *self.live.plan.below(kind))}
        self.live.failed(self.place, CallFailed("forbidden", reason), below, "GET permissions")

    def lost(self, failure: CallFailed) -> None:
        """Nobody knows whether something is missing: a gap, but none that puts every answer in doubt."""
        reason = f"GET permissions: {failure.reason}"
        self.live.book.gap(Gap(what=self.place, reason=reason, kind=failure.kind))


@dataclass(frozen=True)
class ReadPlans(Job):
    """The plans of Defender of a subscription of which Resource Graph gave none: it may just not have them."""

    live: Live
    subscription: str
    lane: str = ARM

    @property
    def pace(self) -> str:
        return self.subscription.casefold()

    def run(self) -> Iterator[Job]:
        try:
            self.live.defender.plans(self.subscription)
        except CallFailed as failure:
            self.lost(failure)
        yield from ()

    def lost(self, failure: CallFailed) -> None:
        self.live.failed(f"/subscriptions/{self.subscription}", failure, {PRICINGS}, "GET pricings")


@dataclass(frozen=True)
class ReadAction(Job):
    """What the network sees of one resource."""

    live: Live
    action: Action
    parent: str
    lane: str = NETWORK

    def run(self) -> Iterator[Job]:
        try:
            self.live.network.act(self.action, self.parent)
        except CallFailed as failure:
            self.lost(failure)
        yield from ()

    def lost(self, failure: CallFailed) -> None:
        call = f"POST {self.action.type.rpartition('/')[2]}"
        self.live.failed(self.parent, failure, {self.action.type}, call)
