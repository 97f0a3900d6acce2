"""tierwise: security controls that get stricter as the data gets more sensitive."""

__version__ = "0.1.0"
