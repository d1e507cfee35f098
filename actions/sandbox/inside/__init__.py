"""What runs beside the engine: a run's keeper (`keep.py`), what confines it (`confine.py`), break-outs (`probe.py`).

Rule: these files import nothing but the standard library, and are started as plain scripts: what they confine may run
under another user, who cannot read the installation.
"""
