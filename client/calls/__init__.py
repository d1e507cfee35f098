"""The calls of the API, one function for each of its routes, shared by both clients. Pure.

Rule: a call that makes something carries an idempotency key, made here once, so that every repeat is the same request.
"""
