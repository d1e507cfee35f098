"""The past of a swarm: its state at any event, its history, forks, and what differs between two."""
