"""Google Cloud: Cloud Asset Inventory, and the guarded reads of its services."""
