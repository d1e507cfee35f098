"""The `pgswarm` command and the embedded PostgreSQL."""
