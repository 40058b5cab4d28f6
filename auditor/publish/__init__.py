"""Sends audits somewhere: first into an outbox on disk, then from there, so that nothing is lost."""
