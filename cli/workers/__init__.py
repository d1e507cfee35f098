"""Processors as child processes of a command.

Rule: they never outlive it. Each child holds the reading end of a pipe whose writing end only the command has: when the
command ends, however it ends, the kernel closes the pipe, and the child drains as after SIGTERM.
"""

from pgswarm.cli.workers.crew import Crew

__all__ = ["Crew"]
