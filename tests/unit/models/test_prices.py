from decimal import Decimal
from pathlib import Path

import pytest

from pgswarm.actions.models.errors import ModelError
from pgswarm.actions.models.prices import Prices, estimate_tokens, most_input_tokens


def test_cost_is_exact_and_a_snapshot_costs_as_its_model() -> None:
    prices = Prices.load()
    assert prices.cost("gpt-5.4-mini", 1_000_000, 1_000_000).usd == Decimal("5.25")
    assert prices.cost("gpt-5.4-mini-2026-03-17", 1, 0).usd == Decimal("0.00000075")


@pytest.mark.parametrize(("model", "known"), [("nobody-knows", False), ("offline/rules", True), ("recorded:a", True)])
def test_model_without_a_price_costs_nothing_and_says_whether_that_is_known(model: str, known: object) -> None:
    cost = Prices.load().cost(model, 1000, 1000)
    assert cost.usd == 0
    assert cost.known is known


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mine.toml", '[models]\n"llama" = { input = 0.1, output = 0.2 }\n"gpt-4o" = { input = 1, output = 1 }'),
        ("mine.json", '{"models": {"llama": {"input": "0.1", "output": 0.2}, "gpt-4o": {"input": 1, "output": 1}}}'),
    ],
)
def test_own_price_file_goes_on_top_of_the_shipped_one(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    prices = Prices.load(tmp_path / name)
    assert prices.cost("llama", 1_000_000, 0).usd == Decimal("0.1")
    assert prices.cost("gpt-4o", 1_000_000, 0).usd == 1
    assert prices.cost("o3", 1_000_000, 0).usd == 2


@pytest.mark.parametrize(
    "text", ["", "x", '[models]\n"a" = { input = -1, output = 1 }', '[models]\n"a" = { input = nan, output = 1 }']
)
def test_price_file_that_does_not_fit_is_named_with_its_form(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ModelError, match=r"mine\.toml.*\[models\]"):
        Prices.load(path)


def test_estimate_is_upper_ish_for_english_and_for_other_scripts() -> None:
    english = "The quick brown fox jumps over the lazy dog. " * 100  # 10 tokens each by OpenAI's o200k_base
    assert 1000 <= estimate_tokens(english) <= 2000
    assert estimate_tokens("人工知能" * 100) >= 400
    assert estimate_tokens("\ud800") > 0


@pytest.mark.parametrize("text", ["", "a b", "人工知能", "\x01\x02", "🇨🇭" * 50, "zqxj" * 500])
def test_no_byte_level_vocabulary_makes_more_tokens_than_the_bound(text: str) -> None:
    turns = [{"role": "system", "content": text}, {"role": "user", "content": text}]
    most_of_a_turn = len(text.encode()) + 8  # one token a byte, and the marks around a turn
    assert most_input_tokens({"model": "m", "messages": turns}) >= 2 * most_of_a_turn + 64
