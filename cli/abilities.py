"""What models can do and how they are limited, in words: for `pgswarm models` and `pgswarm doctor`. Pure."""

from collections.abc import Mapping
from typing import Any

ABILITIES = """
select server, model, structured, streams, dimensions, learned_at from pgswarm.model_ability order by server, model
"""
LIMITS = """
select l.model, l.concurrency, l.tokens_per_minute,
       (select count(*) from pgswarm.model_use u where u.model = l.model and u.ended_at = 'infinity') as under_way
  from pgswarm.model_limit l order by l.model
"""


def can(row: Mapping[str, Any]) -> str:
    """Say what a model was found to be able to do."""
    parts = []
    if row["structured"]:
        parts.append({"prompt": "JSON in the prompt"}.get(row["structured"], str(row["structured"])))
    if row["streams"] is not None:
        parts.append("streams" if row["streams"] else "does not stream")
    if row["dimensions"]:
        parts.append(f"vectors of {row['dimensions']}")
    return ", ".join(parts) or "nothing tried"


def limited(row: Mapping[str, Any]) -> str:
    """Say how much a model may be asked."""
    parts = []
    if row["concurrency"]:
        parts.append(f"{row['concurrency']} calls at once")
    if row["tokens_per_minute"]:
        parts.append(f"{row['tokens_per_minute']:,} tokens a minute")
    return ", ".join(parts) or "no limit"
