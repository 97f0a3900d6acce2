"""Evidence in, classifications out: what each resource's data is, how strongly it calls for protection, and why. Nothing is read here."""
