"""The ways in to an API: without a product, and through each product that has a policy of its own. Pure."""

from __future__ import annotations

from auditor.lenses.api_policy_scopes import SERVICE, Document, Entry, Estate, Level, scopes_of
from auditor.lenses.truth import Truth, truth_or
from auditor.model import Unknown


class Way:
    """A way in: the documents above the API, outermost first, and whether a caller can take it."""

    def __init__(self, levels: list[Level], products: tuple[str, ...], exists: Truth) -> None:
        self.levels, self.products, self.exists = levels, products, exists

    @property
    def doubtful(self) -> str | None:
        """The id of the product's document when it is not known whether the product leads to the API."""
        product = self.levels[-1]
        return product.id if self.exists is not True and isinstance(product, Document) else None


def ways_in(estate: Estate, api: str, scope: str) -> list[Way]:
    """Without a product, and through each product that has a policy of its own."""
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
        if surely:
            keyless = entry.properties["subscriptionRequired"] if entry else Unknown(f"product {name} was not read")
            opened = truth_or(opened, keyless if isinstance(keyless, Unknown) else keyless is False)
        if document is not None:
            ways.append(Way([*above, document], (name,), True if surely else Unknown(hole or "")))
        elif surely:
            plain.append(name)
    if hole and (unread := estate.unread(products, f"{scope}/products", below=True)):
        ways.append(Way([*above, unread], (), Unknown(hole)))
    needed = key_required(estate.apis[api])
    direct: Truth = bool(plain) or (Unknown(hole) if hole else not leading)
    if opened is not True and not hole and needed is not True:
        direct = truth_or(direct, needed if isinstance(needed, Unknown) else opened or True)
    if direct is not True:
        direct = truth_or(direct, estate.keys(api, scope))
    if direct is not False:
        ways.append(Way([*above, None], tuple(plain), direct))
    return ways


def key_required(api: Entry) -> Truth:
    """Absent: a key is needed."""
    found = api.properties["subscriptionRequired"]
    return found if isinstance(found, Unknown) else found is not False
