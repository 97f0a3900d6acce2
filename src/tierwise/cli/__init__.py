"""The command line: parses, calls, writes, exits. The only place that imports click."""
