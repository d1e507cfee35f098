"""What lies beside a created action in the sandbox: the runner of Python (`runner.py`).

Rule: it imports nothing but the standard library, and is started as a plain script.
"""
