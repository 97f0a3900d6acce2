"""Frozen data: what a scan reads, decides and reports. No behaviour that needs a provider, a file or a clock."""
