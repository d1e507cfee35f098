"""Access tokens of servers that want OAuth: fetched, renewed by one processor at a time, kept sealed."""
