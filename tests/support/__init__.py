"""What the tests share: a server, a database for each test, its clock, and waiting with a deadline."""
