"""URLs of databases."""

from urllib.parse import urlsplit


def with_database(url: str, name: str) -> str:
    """Return `url` with another database in it."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()
