"""Actions that write, read, change and run code. Code runs in the sandbox alone, on the swarm's workspace."""
