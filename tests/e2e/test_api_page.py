"""The pages on the API: their requests are sent as they stand there, and what they show is what comes.

`…` in what a page shows stands for anything; spaces and line ends do not count. docs/api.md: its settings are those
that there are.
"""

import json
import re
import subprocess
from pathlib import Path

from pgswarm.api.settings import PREFIX, ApiSettings
from support.database import Database
from support.running import ROOT, started

PAGE = (ROOT / "docs/api.md").read_text()
PAGES = (
    "api",
    "accounts",
    "people",
    "events",
    "time",
    "memory",
)  # in this order: the first one says what the others go by
REQUESTS = re.compile(r"^```bash\n(.*?)^```\n(?:```(?:json|text)\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
END = "-- the end of a block --"
MAY_FAIL = '{"goal": " "}'  # shows what a refusal is


def blocks() -> list[tuple[str, str]]:
    """Return every block of requests, with what the page shows below it."""
    return [block for page in PAGES for block in REQUESTS.findall((ROOT / f"docs/{page}.md").read_text())]


def matches(shown: str, said: str) -> bool:
    pattern = ".*?".join(re.escape("".join(part.split())) for part in shown.split("…"))
    return re.fullmatch(pattern, "".join(said.split()), re.DOTALL) is not None


def test_requests_of_the_pages_are_answered_as_they_show(db: Database, tmp_path: Path) -> None:
    with started("up", "--json", "--port", "0", PGSWARM_DATABASE_URL=db.url, PGSWARM_HOME=str(tmp_path)) as up:
        assert up.stdout is not None
        told = json.loads(up.stdout.readline())
        script = "".join(
            f"{block.rstrip()}{' || true' if MAY_FAIL in block else ''}\necho '{END}'\n" for block, _ in blocks()
        )
        for shown, real in (
            ("http://127.0.0.1:8000", told["api"]),
            ("~/.local/share/pgswarm/api-token", told["api_token_file"]),
            ("--max-time 5", "--max-time 3"),
        ):
            assert shown in script
            script = script.replace(shown, real)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    *answers, _ = done.stdout.split(f"{END}\n")
    assert len(answers) == len(blocks()) > 10
    for (block, shown), said in zip(blocks(), answers, strict=True):
        assert matches(shown, said), f"{block}\nshows\n{shown}\nand what came is\n{said}"
    assert matches("a … c", "ab c")
    assert not matches("a … c", "ab cd")


def test_the_page_names_every_setting_and_its_default() -> None:
    rows = dict(re.findall(r"^\| (`PGSWARM_.*?`) \| (.*?) \|", PAGE, re.MULTILINE))
    shown = " ".join(rows)
    for name, field in ApiSettings.model_fields.items():
        assert f"`{PREFIX}{name.upper()}`" in shown, name
        if name not in {"database_url", "host", "port"}:
            default = rows[f"`{PREFIX}{name.upper()}`"].replace(",", "")
            number = isinstance(field.default, (int, float))
            written = {f"{field.default:g}", f"{field.default:.0f}"} if number else set()
            assert default in {str(field.default).lower(), *written}, name
