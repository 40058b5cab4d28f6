"""READ, live: Azure and Kubernetes become resources and gaps in a `CollectionJournal`.

In: `request.Scope` and `request.Needs`. Out: resources and gaps. Read-only against what it reads.
Imports `model` and `sanitize`. SDKs are imported inside functions.
"""
