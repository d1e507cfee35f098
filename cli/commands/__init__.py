"""The commands, one file a group. Each has `register(app)`; what is slow to import is imported where it is used."""
