"""The processor: claims nodes, runs their actions, and commits what these decided."""
