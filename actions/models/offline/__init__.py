"""The offline model: deterministic rules behind the same protocol as a real model."""
