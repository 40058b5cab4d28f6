"""Traffic paths, one file a family of hops. `auditor/lenses/paths/lens.py` is the lens that puts them together."""
