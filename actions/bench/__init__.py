"""Load actions, which ship with the product so that anyone can try a cluster (DESIGN, "Actions").

They do no work of their own and are never chosen by a router; no limit of a swarm applies to them.
"""
