"""Backups: one file for everything of pgswarm's in a database, and back.

Rule: a file has its name only when it is whole, a restore happens whole or not at all, and nothing that is there is
overwritten. The programs are PostgreSQL's own (`pg_dump`, `pg_restore`, `psql`).
"""
