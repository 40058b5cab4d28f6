"""Infrastructure changes (Terraform plan, ARM what-if, ARM template, manifests) → resources in their live shape."""
