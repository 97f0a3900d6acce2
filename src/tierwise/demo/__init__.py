"""The sample estate: an invented department in an emulated account, and a sample plan; no cloud, no network, no credentials."""
