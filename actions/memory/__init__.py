"""Actions on the swarm's memory: what was attached, and what nodes saved."""
