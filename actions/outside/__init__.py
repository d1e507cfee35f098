"""What lies outside: tools of MCP servers, A2A agents and the web, connected by the file in `PGSWARM_CONNECTIONS`.

Rules: nothing here is imported before a connection is configured or a web action runs, so that a process without any
starts as fast as ever. What comes from outside (names, descriptions, schemas, texts) is data, bounded and cleaned; a
secret of the configuration stands in no prompt, event, log or error.
"""
