"""The ways in to an API: without a product, and through each product that has a policy of its own. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.lenses.api_policy.scopes import SERVICE, Document, Entry, Estate, Level, scopes_of
from auditor.lenses.truth import Truth, truth_and, truth_not, truth_or
from auditor.model.resource import Unknown


class Way:
    """A way in: the documents above the API, outermost first, whether a caller can take it, and needs a key for it."""

    def __init__(self, levels: list[Level], products: tuple[str, ...], exists: Truth, keyed: Truth) -> None:
        self.levels, self.products, self.exists, self.keyed = levels, products, exists, keyed

    @property
    def doubtful(self) -> str | None:
        """The id of the product's document when it is not known whether the product leads to the API."""
        product = self.levels[-1]
        return product.id if self.exists is not True and isinstance(product, Document) else None


@dataclass(frozen=True, slots=True)
class Access:
    """The ways in to an API, and whether no call without a key is answered."""

    ways: list[Way]
    key_required: Truth


def access_of(estate: Estate, api: str, scope: str) -> Access:
    """Without a product, and through each product that has a policy of its own."""
    required = _key_required_by_all(estate, api, scope)
    return Access(_ways(estate, api, scope, required), required)


def _ways(estate: Estate, api: str, scope: str, required: Truth) -> list[Way]:
    above: list[Level] = []
    for place in reversed(scopes_of(scope)):
        above.append(estate.document(place, f"{SERVICE}/workspaces" if "/workspaces/" in place else SERVICE))
    products = f"{SERVICE}/workspaces/products" if "/workspaces/" in scope else f"{SERVICE}/products"
    leading, hole = estate.leading(api, scope)
    ways: list[Way] = []
    plain: list[str] = []  # products that change nothing
    opened: Truth = False  # a product that needs no key takes the calls that bring none
    entries = estate.products.get(scope, {})
    for product in sorted({*entries, *leading}):
        surely, entry = product in leading, entries.get(product)
        if not surely and hole is None:
            continue
        document = estate.document(product, products)
        name = entry.name if entry else product.rpartition("/")[2]
        keyless = _is_open(entry, name)
        if surely:
            opened = truth_or(opened, keyless)
        if document is not None:
            ways.append(Way([*above, document], (name,), True if surely else Unknown(hole or ""), truth_not(keyless)))
        elif surely:
            plain.append(name)
    if hole and (unread := estate.unread(products, f"{scope}/products", below=True)):
        ways.append(Way([*above, unread], (), Unknown(hole), True))
    needed = _key_required(estate.apis[api])
    direct: Truth = bool(plain) or (Unknown(hole) if hole else not leading)
    if opened is not True and not hole and needed is not True:
        direct = truth_or(direct, needed if isinstance(needed, Unknown) else opened or True)
    if direct is not True:
        direct = truth_or(direct, estate.keys(api, scope))
    if direct is not False:
        ways.append(Way([*above, None], tuple(plain), direct, required))
    return ways


def _key_required_by_all(estate: Estate, api: str, scope: str) -> Truth:
    """Whether the API asks for a key, and no product that asks for none leads to it.

    https://learn.microsoft.com/azure/api-management/api-management-subscriptions
    """
    entries, leading = estate.products.get(scope, {}), sorted(estate.leading(api, scope)[0])
    if is_change(estate.apis[api]):
        leading = [product for product in leading if product in entries]
    opened = truth_or(*(_is_open(entries.get(product), product.rpartition("/")[2]) for product in leading))
    return truth_and(_key_required(estate.apis[api]), truth_not(opened))


def is_change(api: Entry) -> bool:
    """A change declares the API: what it leaves out stays as it is, and is no reason to doubt what it declares."""
    return api.origin.source in ("change", "plan", "template")


def _key_required(api: Entry) -> Truth:
    """Absent: a key is needed."""
    found = api.properties["subscriptionRequired"]
    return found if isinstance(found, Unknown) else found is not False


def _is_open(product: Entry | None, name: str) -> Truth:
    """Whether a product asks for no key."""
    if product is None:
        return Unknown(f"product {name} was not read")
    found, state = product.properties["subscriptionRequired"], product.properties["state"]
    if isinstance(found, Unknown) or found is not False:
        return found if isinstance(found, Unknown) else False
    published = not isinstance(state, str) or state.casefold() != "notpublished"
    return True if published else Unknown(f"product {name} asks for no key and is not published")
