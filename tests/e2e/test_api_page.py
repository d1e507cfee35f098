"""docs/api.md: its requests are sent as they stand there, and its settings are those that there are."""

import json
import re
import subprocess
from pathlib import Path

from pgswarm.api.settings import PREFIX, ApiSettings
from support.database import Database
from support.running import ROOT, started
from support.wait import wait_until

PAGE = (ROOT / "docs/api.md").read_text()
REQUESTS = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_first_requests_of_the_page_start_a_swarm_and_list_it(db: Database, tmp_path: Path) -> None:
    (script,) = REQUESTS.findall(PAGE)
    with started("up", "--json", "--port", "0", PGSWARM_DATABASE_URL=db.url, PGSWARM_HOME=str(tmp_path)) as up:
        assert up.stdout is not None
        told = json.loads(up.stdout.readline())
        for shown, real in (
            ("http://127.0.0.1:8000", told["api"]),
            ("~/.local/share/pgswarm/api-token", told["api_token_file"]),
        ):
            assert shown in script
            script = script.replace(shown, real)
        done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True, timeout=60)
        first, _, second = done.stdout.partition("}{")
        assert json.loads(first + "}")["swarm_id"] == json.loads("{" + second)["items"][0]["swarm_id"]
        wait_until(lambda: db.value("select outcome from pgswarm.swarm") == "succeeded", "it ends", within_s=60)


def test_the_page_names_every_setting_and_its_default() -> None:
    rows = dict(re.findall(r"^\| (`PGSWARM_.*?`) \| (.*?) \|", PAGE, re.MULTILINE))
    shown = " ".join(rows)
    for name, field in ApiSettings.model_fields.items():
        assert f"`{PREFIX}{name.upper()}`" in shown, name
        if name not in {"database_url", "host", "port"}:
            default = rows[f"`{PREFIX}{name.upper()}`"].replace(",", "")
            assert default in {str(field.default).lower(), f"{field.default:g}", f"{field.default:.0f}"}, name
