"""`pgswarm watch`: a swarm, or all of them, as they change.

Rule: watching changes nothing and holds nothing up: it only reads, and ends when its reader does.
"""
