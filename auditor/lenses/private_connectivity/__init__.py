"""Private endpoints, DNS zones and networks of each data service."""
