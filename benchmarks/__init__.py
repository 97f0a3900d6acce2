"""Measurements: each prints its figures beside a baseline of the same run."""
