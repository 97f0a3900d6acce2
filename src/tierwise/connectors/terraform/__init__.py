"""Terraform and OpenTofu plans and states (the JSON of `show -json`) read into resources."""
