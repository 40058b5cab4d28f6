"""Azure Front Door: endpoints, routes, rule sets and origins."""
