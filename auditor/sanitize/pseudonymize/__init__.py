"""Replaces names, ids and addresses, so that a snapshot can be shared."""
