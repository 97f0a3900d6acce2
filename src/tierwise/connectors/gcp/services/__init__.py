"""One module for each service of Google Cloud, with a `COLLECTOR`; no module here imports an SDK."""
