"""Azure: Resource Graph first, then the Azure Resource Manager reads that the selected controls need; SDK imports are lazy."""
