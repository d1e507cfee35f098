"""What bounds the streams. Sizes in bytes, times in seconds; given once, as data, so that tests can make them small."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one API process."""

    heartbeat_s: float = 10.0
    """How often a silent stream says that it is there."""
    stall_s: float = 10.0
    """How long a subscriber may take in nothing before it is cut off. It can go on from the last frame that it got."""
    poll_s: float = 1.0
    """How often is read without having been woken: how late an event comes whose notification was lost."""
    check_s: float = 10.0
    """How often it is checked that subscribers may still see what they see."""
    ring_bytes: int = 1_000_000
    """How much of each source (a swarm, an account) is kept in memory for those that are a little behind."""
    rings_bytes: int = 32_000_000
    """How much is kept of all swarms together, and of all accounts."""
    blocks_bytes: int = 32_000_000
    """How much of older events is kept, of all swarms, for those that are far behind."""
    subscribers: int = 2_000
    """How many streams one process serves; more are told to try again, or another process."""
    snapshots: int = 4
    """How many snapshots are read at once."""
