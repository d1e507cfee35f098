"""The nodes of a swarm, and what they asked of models."""
