"""One detector a module, as the constant `DETECTOR`; the walk in `tierwise.classify.detector` finds them."""
