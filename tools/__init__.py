"""Tools that write and check generated files."""
