"""Checkov as a second opinion: run in a process of its own, never imported; what it says is read for verdicts alone."""
