"""Live events: one read of the rows feeds any number of subscribers over SSE and WebSocket."""
