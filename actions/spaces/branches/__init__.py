"""Branches of memory that live elsewhere: retrievers look there, uploaders put there what is saved.

A folder's fields `retriever` and `uploader` name a table `[retrievers.<name>]` or `[uploaders.<name>]` of the
connections file: where and how is the operator's word, never an entry's. `files` and `http` ship; another package
offers its own under the entry point groups `pgswarm.retrievers` and `pgswarm.uploaders`: a callable that takes
`BranchSettings`.

Rule: what comes back is another's words: bounded in number, length and time, without unseen characters, and cited.
"""

from pgswarm.actions.spaces.branches.asking import by_retriever, read_from, upload_to
from pgswarm.actions.spaces.branches.types import BranchError, Found, Retriever, Uploader

__all__ = ["BranchError", "Found", "Retriever", "Uploader", "by_retriever", "read_from", "upload_to"]
