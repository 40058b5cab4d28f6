"""API Management: entry, APIs, authentication of callers and backends."""
