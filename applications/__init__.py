"""Applications on the engine, each a folder of its own, registered through one entry point."""
