"""The ways of looking into one place of memory that need more than words: vectors, code, tables."""
