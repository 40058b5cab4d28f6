"""The attributes of a node pool, inside the cluster or on its own."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr

NODE_POOL: Final = (
    Attr("vm_size", "vmSize"),
    Attr("node_count", "count", unset=True),
    Attr("min_count", "minCount"),
    Attr("max_count", "maxCount"),
    Attr("auto_scaling_enabled|enable_auto_scaling", "enableAutoScaling", default=False),
    Attr("host_encryption_enabled|enable_host_encryption", "enableEncryptionAtHost", default=False),
    Attr("node_public_ip_enabled|enable_node_public_ip", "enableNodePublicIP", default=False),
    Attr("node_public_ip_prefix_id", "nodePublicIPPrefixID"),
    Attr("fips_enabled", "enableFIPS", default=False),
    Attr("os_disk_type", "osDiskType", default="Managed"),
    Attr("os_sku", "osSKU", unset=True),
    Attr("os_type", "osType"),
    Attr("orchestrator_version", "orchestratorVersion", unset=True),
    Attr("vnet_subnet_id", "vnetSubnetID"),
    Attr("pod_subnet_id", "podSubnetID"),
    Attr("zones|availability_zones", "availabilityZones"),
    Attr("node_taints", "nodeTaints"),
    Attr("max_pods", "maxPods", unset=True),
)
