"""Exemptions as code: a time-limited, owned, reasoned acceptance of findings. Files are read here, audits changed."""
