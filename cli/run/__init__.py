"""`pgswarm run`: one goal, from the command line to its report.

Rule: the swarm lives in the database, the command only starts it, works for it and shows it. Killed at any moment, the
same command finds the same swarm and goes on.
"""
