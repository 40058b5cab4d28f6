"""azurerm_cdn_frontdoor_batch_rule_set → Microsoft.Cdn/profiles/ruleSets and the rules that are written inside it."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm.cdn_frontdoor_rule import PARTS
from auditor.plans.terraform.table import Child, Extra, Table

TABLE: Final = Table(
    "Microsoft.Cdn/profiles/ruleSets",
    Child("cdn_frontdoor_profile_id", "Microsoft.Cdn/profiles"),
    (),
    extras=(Extra("rules", "name", "rule|rules", PARTS),),
)
