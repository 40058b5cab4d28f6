"""Removes secrets from everything that is read, before any other package sees it.

In: resources and texts. Out: the same without secrets. Imports `model`. Pure.
"""
