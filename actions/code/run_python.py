"""`code/run_python`: runs Python in the sandbox, on the workspace; what it makes is kept there and in memory."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.code.kept import packages_of
from pgswarm.actions.code.results import code_of, inputs_of, keep_results, outcome_of
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome

MAX_CODE = 1_000_000
MAX_WALL_S = 480
SCRIPT = ".script.py"


class RunPythonArgs(BaseModel):
    """The code, or the file that holds it; its arguments and input; what it needs.

    `files`: attached files that it finds beside it. `packages`: what pip installs for it (wheels only); left out: what
    the file's entry in memory declares. The run itself has no network. `timeout_s` in seconds.
    """

    model_config = ConfigDict(extra="forbid")

    code: str | None = Field(default=None, max_length=MAX_CODE)
    file: str | None = None
    arguments: list[str] = Field(default_factory=list, max_length=100)
    stdin: str = Field(default="", max_length=MAX_CODE)
    files: list[str] = Field(default_factory=list, max_length=50)
    packages: list[str] = Field(default_factory=list, max_length=40)
    timeout_s: float = Field(default=60, gt=0, le=MAX_WALL_S)


@action(
    "code/run_python",
    description="Run a Python script or program in the sandbox of the workspace and report its output and new files.",
)
class RunPython(Action[RunPythonArgs]):
    """Runs a script."""

    async def main(self, node: Node[RunPythonArgs]) -> ActionOutcome:
        """Run, keep what it made, and report."""
        args = node.args
        if (args.code is None) == (args.file is None):
            raise ActionError("nothing_to_run", "Give the Python to run: either `code`, or the `file` that holds it.")
        inputs = await inputs_of(node, args.files)
        worked_on = {info.path for info in await node.files.list()}
        script = args.file if args.file in worked_on else SCRIPT
        if script == SCRIPT:
            code = args.code if args.code is not None else await code_of(node, str(args.file))
            inputs[SCRIPT] = code.encode(errors="replace")
        utils = await node.sandbox.utils()
        shown = inputs[SCRIPT] if script == SCRIPT else await node.files.read(str(script)) if utils else b""
        run = await node.sandbox.run(
            ["python", str(script), *args.arguments],
            stdin=args.stdin,
            packages=args.packages,
            declared=await packages_of(node, args.packages, args.file, shown.decode(errors="replace"), utils),
            wall_s=args.timeout_s,
            inputs=inputs,
        )
        await keep_results(node, run, node.directive)
        return outcome_of(run, args.file or "The script")
