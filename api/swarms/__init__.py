"""Swarms: started, listed, opened, paused, resumed, cancelled and deleted."""
