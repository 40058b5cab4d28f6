"""What earlier audits of an estate said: which findings stand, since when, and how that changed over time."""
