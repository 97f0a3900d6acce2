"""The sample estate: an invented department in three clouds, emulated or recorded, and a sample plan; no cloud, no network, no credentials."""
