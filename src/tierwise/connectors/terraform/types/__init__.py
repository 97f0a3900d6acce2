"""One module per Terraform type or family, each with a `CONVERTER`; found by a package walk."""
