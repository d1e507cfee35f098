"""What comes into memory from outside: folders, repositories, tables, PDFs, web pages.

Rule: an import is made of items, each with a path and a content; the same content again changes nothing. What is left
out (binary files, secrets, what is too large) is named with the reason.
"""
