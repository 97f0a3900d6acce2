"""Sends notices to webhooks: the only code that writes to anything but files and the store. Nothing that scans may import it."""
