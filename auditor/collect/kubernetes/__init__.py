"""Kubernetes: one reader for each cluster, several clusters in parallel."""
