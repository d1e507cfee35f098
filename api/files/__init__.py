"""The files that the nodes of a swarm work on."""
