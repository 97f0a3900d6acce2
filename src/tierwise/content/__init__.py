"""Reads a bounded sample of an object, of whatever format, into columns; nothing here calls a cloud or keeps what it read."""
