"""Azure: Resource Graph, Resource Manager, Key Vault, Defender for Cloud and Log Analytics."""
