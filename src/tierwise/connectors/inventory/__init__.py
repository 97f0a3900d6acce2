"""Saved inventories: JSON Lines that a scan wrote, or a scan's own JSON, judged again."""
