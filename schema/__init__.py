"""States, tables, SQL verbs and views, typed records and errors: the ground layer, which imports nothing of ours."""
