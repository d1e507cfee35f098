"""The spaces of actions, memory and utils, and the blueprints that swarms start from."""
