"""Seeded choices: the same seed gives the same estate, whatever the machine."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

Body = dict[str, Any]

LOCATIONS = ("westeurope", "northeurope", "germanywestcentral", "eastus2", "uksouth")
_WORDS = (
    "orders",
    "payments",
    "catalog",
    "billing",
    "identity",
    "reports",
    "search",
    "edge",
    "ledger",
    "claims",
    "hub",
)
_STAGES = ("prod", "prod", "stage", "dev", "test")
_LOWER_TYPES = 0.20  # Resource Graph writes types in small letters, ARM does not
_ODD_CASE = 0.12  # enum values in another casing than the documented one


class Place(NamedTuple):
    """Where a resource lies."""

    tenant: str
    subscription: str
    group: str
    location: str

    @property
    def scope(self) -> str:
        """The id of the resource group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"


class Draw:
    """A source of choices. `p` is the probability of the worse one, so that about one pair in eight fails."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.chance_of = self._random.random
        self.number = self._random.randrange
        self._serial = 0

    def start(self, serial: int) -> None:
        """Names are numbered from here."""
        self._serial = serial

    def chance(self, p: float) -> bool:
        """True with this probability."""
        return self.chance_of() < p

    def pick(self, items: Sequence[Any]) -> Any:
        """One of the items."""
        return items[int(self.chance_of() * len(items))]

    def shuffle(self, items: list[bytes]) -> None:
        """Mix a list."""
        self._random.shuffle(items)

    def enum(self, text: str) -> str:
        """A value of an enumeration, now and then in another casing."""
        draw = self.chance_of()
        if draw >= _ODD_CASE:
            return text
        return text.lower() if draw < _ODD_CASE / 2 else text.upper()

    def good(self, right: str, *wrong: str | None, p: float = 0.23) -> str | None:
        """The right value of an enumeration, or one of the wrong ones (None stands for null)."""
        found = self.pick(wrong) if self.chance(p) else right
        return None if found is None else self.enum(found)

    def flag(self, right: bool, p: float = 0.23) -> bool | str:
        """A switch; a few are spelled as text."""
        value = right is not self.chance(p)
        return str(value).lower() if self.chance(0.01) else value

    def guid(self) -> str:
        """A GUID."""
        text = f"{self._random.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def name(self, prefix: str, mark: str = "-") -> str:
        """A name that occurs once in the estate."""
        self._serial += 1
        return mark.join((prefix, self.pick(_WORDS), self.pick(_STAGES), f"{self._serial:06d}"))

    def address(self) -> str:
        """A private address."""
        return f"10.{self.number(256)}.{self.number(256)}.{self.number(1, 255)}"

    def time(self, past: int = 900, future: int = 0) -> str:
        """A moment from `past` days before to `future` days after the middle of 2026, as Azure writes it."""
        day = 180 + self.number(-past, future + 1)
        year, day = 2026 + day // 360, day % 360
        clock = f"{self.number(24):02d}:{self.number(60):02d}:{self.number(60):02d}.{self.number(10**7):07d}"
        return f"{year}-{day // 30 + 1:02d}-{min(day % 30 + 1, 28):02d}T{clock}Z"

    def without(self, body: Body, *keys: str, p: float = 0.1) -> Body:
        """The same, some of these properties absent and some null."""
        for key in keys:
            draw = self.chance_of()
            if draw < p / 2:
                del body[key]
            elif draw < p:
                body[key] = None
        return body

    def tags(self) -> Body:
        """Tags as a large company demands them, their names not always spelled alike."""
        tags = {
            self.pick(("costCenter", "CostCenter", "costcenter")): f"CC-{self.number(10000, 99999)}",
            **{f"hidden-link:{self.guid()}": "Resource" for _ in range(self.number(4))},
            self.pick(("environment", "Environment", "env")): self.pick(_STAGES),
            "owner": f"team-{self.pick(_WORDS)}@contoso.example",
            "application": f"{self.pick(_WORDS)} platform",
            "dataClassification": self.pick(("public", "internal", "confidential", "strictly confidential")),
            "businessCriticality": self.pick(("low", "medium", "high", "mission critical")),
            "createdBy": self.pick(("terraform", "bicep", "portal", "azure-devops")),
            "repository": f"https://dev.azure.example/contoso/{self.pick(_WORDS)}/_git/infrastructure",
            "hidden-title": f"{self.pick(_WORDS)} of {self.pick(_STAGES)}, see the runbook before any change",
        }
        for number in range(self.number(40)):
            tags[f"policy-{number:02d}-{self.pick(_WORDS)}"] = f"remediated {self.time()} by assignment {self.guid()}"
        return tags

    def system_data(self) -> Body:
        """Who made a resource and who changed it last."""
        return {
            "createdBy": f"{self.pick(_WORDS)}.deploy@contoso.example",
            "createdByType": self.pick(("User", "Application", "ManagedIdentity")),
            "createdAt": self.time(),
            "lastModifiedBy": self.guid(),
            "lastModifiedByType": "Application",
            "lastModifiedAt": self.time(400),
        }

    def resource(self, place: Place, kind: str, name: str, properties: Body, /, **columns: Any) -> Body:
        """A row of Resource Graph: every column is there, many are null or empty."""
        return {
            "id": f"{place.scope}/providers/{kind}/{name}",
            "name": name,
            "type": kind.lower() if self.chance(_LOWER_TYPES) else kind,
            "tenantId": place.tenant,
            "kind": columns.get("kind", ""),
            "location": place.location,
            "resourceGroup": place.group if self.chance(0.7) else place.group.lower(),
            "subscriptionId": place.subscription,
            "managedBy": "",
            "sku": columns.get("sku"),
            "plan": None,
            "properties": properties,
            "tags": None if self.chance(0.05) else self.tags(),
            "identity": columns.get("identity"),
            "zones": columns.get("zones"),
            "extendedLocation": None,
            "systemData": self.system_data(),
        }

    def child(self, parent: str, kind: str, name: str, properties: Body, /, **columns: Any) -> Body:
        """A child or an extension, as ARM returns it; the casing of the id above it is not kept everywhere."""
        above = parent.lower() if self.chance(0.1) else parent
        tail = kind if kind.startswith("providers/") else kind.rpartition("/")[2]
        kind = kind.removeprefix("providers/")
        return {
            "id": f"{above}/{tail}/{name}",
            "name": name,
            "type": kind.lower() if self.chance(_LOWER_TYPES) else kind,
            "location": "global",
            "tags": self.tags() if self.chance(0.8) else None,
            **columns,
            "properties": properties,
            "systemData": self.system_data(),
        }
