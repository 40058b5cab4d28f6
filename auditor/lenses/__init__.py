"""DERIVE: resources become derived resources (certificates, traffic paths, effective API policies, …).

In: resources of the types that a lens reads. Out: resources of the type `auditor/…`, which rules evaluate.
Imports `model` and `kubernetes`. Pure.
"""
