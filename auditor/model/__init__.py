"""Records that every package shares: resources, gaps, rules, findings, audits and errors.

Imports no other package of the auditor. Touches no network and no clock.
"""
