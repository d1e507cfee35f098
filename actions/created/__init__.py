"""Actions that a swarm writes itself: how they are described, tested, approved, filed, and run in the sandbox.

Rule: what a swarm wrote never runs in the engine, and never runs unless its content is the one that was approved.
"""
