"""Accounts: who they are, how they show it, and the tokens that they do it by."""
