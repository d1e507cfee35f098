"""The recorded model: answers replayed from a file, and the recorder that writes such a file."""
