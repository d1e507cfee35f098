"""Actions that run the swarm itself: route, break down, review. None of them reviews its own work."""
