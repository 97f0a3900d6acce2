"""History: runs, tiers, findings and evidence over time, in SQLite or PostgreSQL."""
