"""Children that ARM also lists inside their parent: subnets in networks, rules in security groups, pools in clusters.

A change may declare them apart: `arm_join` and `terraform_join` put them together. A collection may hold them alone:
`lone_children` evaluates these. Pure data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RULE: Final = "microsoft.network/networksecuritygroups/securityrules"
SUBNET: Final = "microsoft.network/virtualnetworks/subnets"
_POOL: Final = "microsoft.containerservice/managedclusters/agentpools"

ARRAYS: Final[Mapping[str, str]] = {
    RULE: "securityRules",
    SUBNET: "subnets",
    _POOL: "agentPoolProfiles",
}
"""The casefolded type of a child → the array among the properties of its parent."""
FLAT: Final = frozenset({_POOL})
"""Those whose properties stand beside the name in the array."""
