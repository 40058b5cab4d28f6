"""REPORT: an audit and its findings become a document.

In: `model.audit.Audit` and `model.finding_store.Findings`. Out: bytes. Imports `model`.
"""
