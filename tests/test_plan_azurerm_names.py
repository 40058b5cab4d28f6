"""The mapping tables name what azurerm 3, 4 and 5 have: compared with schemas that come from the providers themselves.

`terraform/azurerm.json` is read out of bindings that are generated from azurerm 3.116, 4.55 and 5.10
(`terraform/extract.py`). The tables cannot have shaped it, so a name that is wrong, or gone in a version, shows here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from auditor.plans.body_writer import segments
from auditor.plans.terraform.azurerm import INDEX, table_of
from auditor.plans.terraform.table import Block, Composed, Fixed, Part, spellings
from tests.terraform.extract import FILE

BEFORE_3 = {
    "addon_profile", "address_prefix", "allow_blob_public_access", "availability_zones", "disable_frontend_ssl30",
    "enable_back_end_ssl30", "enable_back_end_tls10", "enable_back_end_tls11", "enable_triple_des_ciphers",
    "extended_auditing_policy", "proxy", "role_based_access_control", "security_group", "sni_required",
    "soft_delete_enabled",
}  # fmt: skip
"""Names that plans of azurerm 1 and 2 have."""

SHARED = {
    "default_ssl_binding", "email_account_admins_enabled", "ftps_state", "identity_ids", "network_security_group_id",
    "network_security_group_id_wo", "os_type", "private_endpoint_network_policies_enabled", "route_table_id_wo",
    "scm_min_tls_version",
}  # fmt: skip
"""Names in parts that several blocks share and not all of them have."""

GONE = {
    "azurerm_api_management policy": "azurerm_api_management_policy instead",
    "azurerm_api_management xml_content": "azurerm_api_management_policy instead",
    "azurerm_api_management xml_link": "azurerm_api_management_policy instead",
    "azurerm_cdn_frontdoor_rule negate_condition": "operator says so in 5",
    "azurerm_container_registry enabled": "a registry with an encryption block is encrypted",
    "azurerm_container_registry trust_policy": "gone with trust_policy_enabled",
    "azurerm_container_registry trust_policy_enabled": "gone in 5, with nothing in its place",
    "azurerm_kubernetes_cluster managed": "the only kind since 4",
    "azurerm_kubernetes_cluster public_network_access_enabled": "gone in 4: it never had an effect",
    "azurerm_monitor_diagnostic_setting retention_policy": "gone in 5, as in Azure",
    "azurerm_storage_account_customer_managed_key key_name": "key_vault_key_id instead",
    "azurerm_storage_account_customer_managed_key key_vault_uri": "key_vault_key_id instead",
    "azurerm_virtual_network address_prefix": "address_prefixes instead",
}
"""Attributes that a version has no more, and no other part of the table writes the same property."""


@cache
def schemas() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_bytes())
    return found


def is_block(entry: list[Any]) -> bool:
    return str(entry[0]).startswith(("list", "set"))


def versions_of(entry: list[Any]) -> str:
    return str(entry[1] if is_block(entry) else entry[2])


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What a block holds that has two names, in the versions of either."""
    both = dict(one)
    for name, entry in other.items():
        had = one.get(name)
        if had is None:
            both[name] = entry
        elif is_block(entry) and is_block(had):
            both[name] = [entry[0], versions_of(had) + versions_of(entry), merged(had[2], entry[2])]
        else:
            both[name] = [*entry[:2], versions_of(had) + versions_of(entry)]
    return both


Place = tuple[str, ...]


def named(
    parts: tuple[Part, ...], schema: dict[str, Any], versions: str, at: Place
) -> Iterator[tuple[Place, str, set[str], set[str]]]:
    """Every part: the ARM path that it writes, its names, the versions that have one of them, and those to look at.

    The names that no version has are given one by one, with no version.
    """
    for part in parts:
        if isinstance(part, Fixed):
            continue
        to = (*at, *segments(part.to))
        names = re.findall(r"{(\w+)}", part.template) if isinstance(part, Composed) else list(spellings(part.names))
        inner: dict[str, Any] = schema if names == ["."] else {}
        having = set(versions) if names == ["."] else set()
        for name in names if names != ["."] else ():
            entry = schema.get(name)
            if entry is None or (isinstance(part, Block) and not is_block(entry)):
                yield to, name, set(), set(versions)
                continue
            having |= set(versions_of(entry)) & set(versions)
            inner = merged(inner, entry[2]) if is_block(entry) else inner
        if having:
            yield to, part.template if isinstance(part, Composed) else part.names, having, set(versions)
        if isinstance(part, Block) and having:
            yield from named(part.parts, inner, "".join(sorted(having)), to)


def parts_of(kind: str) -> tuple[list[tuple[Place, str, set[str], set[str]]], str]:
    """What the table of a type names, and the versions that have the type."""
    table, schema = table_of(kind), schemas()[kind]
    assert table is not None
    versions = "".join(sorted({version for entry in schema.values() for version in versions_of(entry)}))
    found = list(named(table.parts, schema, versions, ()))
    for extra in table.extras:
        if extra.block in BEFORE_3:
            continue
        blocks = [schema[name] for name in spellings(extra.block) if name in schema]
        assert bool(blocks) == bool(extra.block)
        for inner, those in [(block[2], versions_of(block)) for block in blocks] or [(schema, versions)]:
            found += named(extra.parts, inner, those, (extra.kind,))
    return found, versions


@cache
def met_in_delivery() -> set[str]:
    """The rules of Front Door and of the classic CDN share their parts: what one of these types has is known."""
    kinds = [kind for kind in INDEX if kind.startswith("azurerm_cdn_")]
    found = [part for kind in kinds for part in parts_of(kind)[0]]
    return {name for _to, names, having, _versions in found if having for name in spellings(names)}


@pytest.mark.parametrize("kind", sorted(INDEX))
def test_a_table_names_what_the_provider_has(kind: str) -> None:
    found, versions = parts_of(kind)
    unheard = {name for _to, name, having, _versions in found if not having} - BEFORE_3 - SHARED
    unheard -= met_in_delivery() if kind.startswith("azurerm_cdn_") else set()
    assert not unheard, f"{kind}: no azurerm from 3 to 5 has {sorted(unheard)}"
    writers: dict[Place, set[str]] = {}
    for to, _names, having, _versions in found:
        for end in range(1, len(to) + 1):
            writers.setdefault(to[:end], set()).update(having)
    for to, names, having, those in found:
        newest = versions[-1]
        if having and newest in those - having - writers.get(to, set()):
            assert f"{kind} {names}" in GONE, f"azurerm {newest} has no {names} for {'.'.join(to)}"


def test_the_schemas_are_of_three_versions() -> None:
    assert set("".join(versions_of(entry) for entry in schemas()["azurerm_key_vault"].values())) == set("345")
    assert set(INDEX) <= set(schemas())


def test_what_is_excused_is_met() -> None:
    text = " ".join(str(table_of(kind)) for kind in INDEX)
    names = {name for names in re.findall(r"(?:names|block)='([^']+)'", text) for name in spellings(names)}
    assert names >= BEFORE_3 | SHARED
    assert all(f"'{key.rpartition(' ')[2]}'" in str(table_of(key.partition(" ")[0])) for key in GONE)
