"""What people put into a swarm's memory and find there: files, whole folders, texts.

Rule: the same content again changes nothing, so that an interrupted command is simply typed again; what is left out is
named.
"""
