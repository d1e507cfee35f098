"""What `subscribers.py` runs: a crowd, what paces it, and a bare broadcast."""
