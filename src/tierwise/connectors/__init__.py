"""All cloud and file input; the only place, with the demo, that may import an SDK."""
