"""Three-valued evaluation of controls over facts; pure, and blind to providers."""
