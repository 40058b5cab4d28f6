"""azurerm_kubernetes_cluster_node_pool → Microsoft.ContainerService/managedClusters/agentPools."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._node_pool import NODE_POOL
from auditor.plans.terraform.table import Attr, Block, Child, Table

TABLE: Final = Table(
    "Microsoft.ContainerService/managedClusters/agentPools",
    Child("kubernetes_cluster_id", "Microsoft.ContainerService/managedClusters"),
    (Block(".", "properties", (Attr("mode", "mode", default="User"), *NODE_POOL)),),
)
