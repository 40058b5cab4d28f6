"""Traffic paths, one file a family of hops. `auditor/lenses/traffic_paths.py` is the lens that puts them together."""
