"""Actions on prose."""
