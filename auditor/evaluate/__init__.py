"""EVALUATE: rules applied to resources give findings.

In: `model.rule.Rule` and `model.resource.Resource`. Out: `model.finding.Finding`. Imports `model` and `kubernetes`.
Pure: no file, no network, no clock.
"""
