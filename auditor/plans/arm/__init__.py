"""ARM templates, and what Bicep compiles to: expressions evaluated offline, resources in their live shape."""
