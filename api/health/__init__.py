"""Whether the API lives, whether it can work, and what it counts."""
