"""One module for each service of Azure, with a `COLLECTOR`; no module here imports an SDK."""
