"""HTTP, events and protocols."""
