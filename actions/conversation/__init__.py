"""Actions that talk with people."""
