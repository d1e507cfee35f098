"""`code/run_command`: runs a command of the shell in the sandbox, on the swarm's workspace."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.code.results import inputs_of, keep_results, outcome_of
from pgswarm.actions.code.run_python import MAX_CODE, MAX_WALL_S
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome

MAX_COMMAND = 50_000


class RunCommandArgs(BaseModel):
    """The command line, its input, the attached files and packages of Python that it needs. `timeout_s` in seconds."""

    model_config = ConfigDict(extra="forbid")

    command: str = Field(min_length=1, max_length=MAX_COMMAND)
    stdin: str = Field(default="", max_length=MAX_CODE)
    files: list[str] = Field(default_factory=list, max_length=50)
    packages: list[str] = Field(default_factory=list, max_length=40)
    timeout_s: float = Field(default=60, gt=0, le=MAX_WALL_S)


@action(
    "code/run_command",
    description="Run a shell command in the sandbox of the workspace and report its output, exit code and new files.",
)
class RunCommand(Action[RunCommandArgs]):
    """Runs a command line by `sh`."""

    async def main(self, node: Node[RunCommandArgs]) -> ActionOutcome:
        """Run, keep what it made, and report."""
        args = node.args
        run = await node.sandbox.run(
            ["sh", "-c", args.command],
            stdin=args.stdin,
            packages=args.packages,
            wall_s=args.timeout_s,
            inputs=await inputs_of(node, args.files),
        )
        await keep_results(node, run, node.directive)
        return outcome_of(run, "The command")
