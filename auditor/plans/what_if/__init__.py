"""Answers of ARM what-if: the resources before and after a deployment."""
