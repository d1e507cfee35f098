"""What a call costs, and how much of a budget to hold back before it.

Rule: money is Decimal, in USD. A model without a known price costs 0 and says `known = False`; nothing is guessed.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pgswarm.actions.models.errors import ModelError
from pgswarm.actions.models.settings import OFFLINE, RECORDED

_MILLION = Decimal(1_000_000)
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_BYTES_PER_TOKEN = 3
_FRAME_TOKENS = 16
_MOST_FRAME_TOKENS = 256


class Price(BaseModel):
    """USD per 1,000,000 tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Decimal = Field(ge=0, allow_inf_nan=False)
    output: Decimal = Field(default=Decimal(0), ge=0, allow_inf_nan=False)
    """Left out for models that give vectors."""


class _PriceFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    as_of: date | None = None
    models: dict[str, Price]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call costs in USD; `known` is false where the model's price is not (then `usd` is 0)."""

    usd: Decimal
    known: bool


class Prices:
    """The price table of one process."""

    def __init__(self, table: Mapping[str, Price], as_of: date | None = None, own: int = 0) -> None:
        """Take prices by model name, the day on which they were read, and how many are the operator's own."""
        self._table = table
        self.as_of = as_of
        self.own = own

    @classmethod
    def load(cls, override: Path | None = None) -> "Prices":
        """Read the shipped table and `override` on top; raise `ModelError` (`model_settings`) if that does not fit."""
        shipped = _read(Path(__file__).with_name("prices.toml"))
        if override is None:
            return cls(shipped.models, shipped.as_of)
        own = _read(override)
        return cls(shipped.models | own.models, own.as_of or shipped.as_of, len(own.models))

    def of(self, model: str) -> Price | None:
        """Return a model's price; that of its name for a dated snapshot; None where it is not known."""
        return self._table.get(model) or self._table.get(_SNAPSHOT.sub("", model))

    def cost(self, model: str, input_tokens: int, output_tokens: int) -> Cost:
        """Return what these tokens cost at `model`."""
        price = self.of(model)
        if price is None:
            return Cost(Decimal(0), known=model == OFFLINE or model.startswith(RECORDED))
        return Cost((price.input * input_tokens + price.output * output_tokens) / _MILLION, known=True)


def estimate_tokens(text: str) -> int:
    """Return an upper-ish estimate of the tokens of `text`: a third of its UTF-8 bytes.

    Byte-pair vocabularies average about four bytes a token on English, and rarely less than three on other scripts.
    """
    return len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN + _FRAME_TOKENS


def estimate_request(request: Mapping[str, Any]) -> int:
    """Return an upper-ish estimate of the input tokens of a chat request."""
    return estimate_tokens(json.dumps(request, ensure_ascii=False))


def most_input_tokens(request: Mapping[str, Any]) -> int:
    """Return a bound that the input tokens of a chat request do not pass: its UTF-8 bytes as JSON, and a frame.

    A token of a byte-level vocabulary covers at least one byte (R. Sennrich et al., "Neural Machine Translation of Rare
    Words with Subword Units", 2016; over bytes: A. Radford et al., 2019). The frame stands for what a server adds: the
    marks between turns, and the sentence that asks for JSON.
    """
    return len(json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")) + _MOST_FRAME_TOKENS


def _read(path: Path) -> _PriceFile:
    try:
        text = path.read_text(encoding="utf-8")
        raw: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text, parse_float=Decimal)
        return _PriceFile.model_validate(raw)
    except (OSError, ValueError, ValidationError) as error:
        raise ModelError(
            "model_settings",
            f"the price file {path} cannot be used ({type(error).__name__}): it must hold, under [models], "
            '"name" = { input = USD, output = USD } per million tokens',
        ) from error
