"""The sandbox: code that a model wrote runs here, never in the engine's process.

Rule: nothing runs at a level that was not seen to hold: each is probed by trying to break out of it. What comes back is
hostile: sizes are bounded, links are not followed.
"""

from pgswarm.actions.sandbox.types import File, Limits, Ran, Reason, Sandbox, SandboxError

__all__ = ["File", "Limits", "Ran", "Reason", "Sandbox", "SandboxError"]
