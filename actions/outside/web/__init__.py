"""Reading the web for people: one page at a time, as its owner allows, and nothing that is not public."""
