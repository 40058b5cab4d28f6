"""The HTML report: one page without network access."""
