import os
from pathlib import Path

import pytest

from pgswarm.actions.models.errors import ModelError, scrub
from pgswarm.actions.models.settings import ONLY_MODEL, ModelSettings

KEY = {"OPENAI_API_KEY": "sk-verysecret-0123456789"}
LOCAL = {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}


def test_nothing_set_means_the_offline_rules_and_says_so() -> None:
    settings = ModelSettings.from_env({"OPENAI_API_KEY": " ", "PGSWARM_MODEL": ""})
    assert settings.model_for("planner") == "offline/rules"
    assert settings.describe() == "offline rules model: no OPENAI_API_KEY and no OPENAI_BASE_URL set"


def test_environment_of_this_process_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("OPENAI_", "PGSWARM_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PGSWARM_MODEL", "some-model")
    assert ModelSettings.from_env().model == "some-model"


def test_key_alone_means_openai_and_a_local_server_its_only_model() -> None:
    assert ModelSettings.from_env(KEY).describe() == "model gpt-5.4-mini at api.openai.com"
    local = ModelSettings.from_env(LOCAL)
    assert (local.model, local.describe()) == (ONLY_MODEL, "the server's only model at 127.0.0.1:11434")


def test_configured_model_without_a_key_is_not_replaced_by_the_offline_one() -> None:
    settings = ModelSettings.from_env({"PGSWARM_MODEL": "gpt-5.4"})
    assert settings.model == "gpt-5.4"
    assert "no OPENAI_API_KEY is set" in settings.describe()


def test_each_role_may_have_its_own_model() -> None:
    settings = ModelSettings.from_env({**LOCAL, "PGSWARM_MODEL": "big", "PGSWARM_MODEL_ROUTER": "small"})
    assert (settings.model_for("router"), settings.model_for("planner"), settings.model_for("mine")) == (
        "small",
        "big",
        "big",
    )
    assert settings.model_for("router", "asked") == "asked"
    assert "router: model small" in settings.describe()


def test_swarm_may_not_name_a_recording_that_the_operator_did_not_allow(tmp_path: Path) -> None:
    inside, outside = f"recorded:{tmp_path}/a/b.jsonl", f"recorded:{tmp_path}/a/../../secret"
    with pytest.raises(ModelError, match="PGSWARM_RECORDINGS"):
        ModelSettings().model_for("planner", inside)
    assert ModelSettings.from_env({"PGSWARM_MODEL": outside}).model_for("planner", outside) == outside
    allowed = ModelSettings.from_env({"PGSWARM_RECORDINGS": str(tmp_path)})
    assert allowed.model_for("planner", inside) == inside
    with pytest.raises(ModelError, match="PGSWARM_RECORDINGS"):
        allowed.model_for("planner", outside)


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"OPENAI_BASE_URL": "127.0.0.1:11434"}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "http://[bad"}, "OPENAI_BASE_URL"),
        ({"OPENAI_API_KEY": "sk-a b"}, "OPENAI_API_KEY"),
        ({"PGSWARM_MODEL_TIMEOUT_S": "soon"}, "PGSWARM_MODEL_TIMEOUT_S is 'soon': give a number from 0.05 to 3600"),
        ({"PGSWARM_MODEL_TRIES": "0"}, "PGSWARM_MODEL_TRIES"),
        ({"PGSWARM_MODEL_TIMEOUT_S": "nan"}, "PGSWARM_MODEL_TIMEOUT_S"),
        ({"PGSWARM_MODEL_PLANER": "x"}, "PGSWARM_MODEL_PLANER is not a setting.*PGSWARM_MODEL_PLANNER"),
    ],
)
def test_setting_that_does_not_fit_is_named_with_what_would(env: dict[str, str], named: str) -> None:
    with pytest.raises(ModelError, match=named) as caught:
        ModelSettings.from_env(env)
    assert caught.value.code == "model_settings"


def test_secrets_show_neither_in_settings_nor_in_a_servers_words() -> None:
    settings = ModelSettings.from_env({**KEY, "OPENAI_BASE_URL": "http://me:pass@host:1/v1", "PGSWARM_MODEL": "m"})
    assert settings.describe() == "model m at host:1"
    assert "verysecret" not in repr(settings)
    told = scrub("key hush, sk-abcdefghij, Bearer x.y.z, http://me:pass@host\x00\n" + "x" * 999, ["hush"])
    assert not any(secret in told for secret in ("hush", "abcdefghij", "x.y.z", "pass"))
    assert len(told) == 300
    assert "\x00" not in told
