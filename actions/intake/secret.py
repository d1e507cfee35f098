"""What looks like a secret: memory is shown to models and people, and no place for keys. Pure.

Rule: a reason never quotes what was found.
"""

import re
from fnmatch import fnmatch
from typing import Final

_NAMES: Final = (
    ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "id_rsa*", "id_dsa*",
    "id_ecdsa*", "id_ed25519*", ".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass", ".htpasswd", "credentials",
    "credentials.json", "*.tfstate", "*.tfvars", "secrets.y*ml", "secrets.json", "secrets.toml",
)  # fmt: skip
_TEMPLATES: Final = (".env.example", ".env.sample", ".env.template", "*.pub")
_CONTENT: Final = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")),
    ("an access key of AWS", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a token of GitHub", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50,})")),
    ("a token of GitLab", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("a token of Slack", re.compile(r"\bxox[abpors]-[A-Za-z0-9-]{20,}")),
    ("a key of a model's server", re.compile(r"\bsk-(?:[a-z]+-)?[A-Za-z0-9_-]{32,}")),
    ("a key of Google", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    ("a live key of Stripe", re.compile(r"\b[rs]k_live_[0-9A-Za-z]{20,}")),
)


def why_secret(path: str, text: str) -> str:
    """Return why a file is taken for a secret; empty where it is not."""
    name = path.rpartition("/")[2].lower()
    if any(fnmatch(name, pattern) for pattern in _NAMES) and not any(fnmatch(name, kept) for kept in _TEMPLATES):
        return "by its name it holds a secret"
    for what, pattern in _CONTENT:
        if pattern.search(text):
            return f"it holds what looks like {what}"
    return ""
