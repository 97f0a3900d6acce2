"""What each area of the invented department keeps in its account; one module an area, each with a function `plant`."""
