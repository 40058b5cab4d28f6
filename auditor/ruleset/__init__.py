"""Rules: loaded, checked, tested, documented and cached.

In: rule files. Out: `model.rule.Rule`. Imports `model` and `evaluate`.
"""
