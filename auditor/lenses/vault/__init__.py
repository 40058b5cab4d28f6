"""Whether Application Gateway and API Management may read the secrets that they reference."""
