"""A change overlaid on an estate: what remains, what changes and what is removed."""
