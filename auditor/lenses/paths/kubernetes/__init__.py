"""Kubernetes: Ingress, Gateway API, Istio, services, pods and network policies."""
