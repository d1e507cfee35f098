"""What Python knows of spaces and the database does not."""
