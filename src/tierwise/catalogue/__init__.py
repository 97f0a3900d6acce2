"""Finds, parses and validates control and profile files; every problem is told with its place and, where there is one, the nearest valid name."""
