"""Actions on the files of a swarm, and what planners are told of them."""
