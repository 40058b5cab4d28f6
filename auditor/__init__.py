"""Compliance and posture auditor for Azure and Kubernetes."""

__version__ = "0.1.0"
