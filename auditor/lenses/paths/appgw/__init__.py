"""Application Gateway: listeners, routing rules, backends and firewall policies."""
