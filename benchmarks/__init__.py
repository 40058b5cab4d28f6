"""Benchmarks: `make bench`. Ratios are what counts; seconds belong to the machine."""
