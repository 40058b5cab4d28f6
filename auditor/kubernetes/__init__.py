"""Facts about Kubernetes that conditions and lenses share: workloads, selectors, network policies, images.

In: resources. Out: facts. Imports `model`. Pure.
"""
