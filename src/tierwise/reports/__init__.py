"""Pure renderings of a scan's result; one module per format, each exporting a `REPORT`."""
