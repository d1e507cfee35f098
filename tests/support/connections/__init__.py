"""Real servers of others: MCP servers over both transports, an A2A agent, a web site. Made with those packages."""
