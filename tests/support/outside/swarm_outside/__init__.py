"""Actions of another package: found through its entry point, as a user's own are."""
