"""Networks: DNS, private endpoints, NAT, network security groups and App Service."""
