"""Exemptions of other tools as drafts of `exemptions.yaml`."""
