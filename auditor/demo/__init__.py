"""The demo estate: the reference design, and the faults that were added to it."""
