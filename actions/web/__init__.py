"""Actions on the web. What they need is imported when they run."""
