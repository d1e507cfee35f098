"""Actions that wait, block, misbehave or touch everything that a handler can touch."""

import asyncio
import contextlib
import json
import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pgswarm.actions import Action, Ask, Child, Continue, Fail, Finish, Node, Prompt, Question, Sleep, Spawn, action
from pgswarm.actions.base import ActionError
from pgswarm.actions.created.library import Content
from pgswarm.actions.models import ModelError


class WaitArgs(BaseModel):
    seconds: float = 60
    how: str = "sleep"
    note: str = ""


def note(path: str, line: str) -> None:
    """Append a line to a file, so that a test can count."""
    if path:
        with Path(path).open("a") as file:
            file.write(f"{line}\n")


@action("outside/wait", description="Wait, block or hang", routable=False)
class Wait(Action[WaitArgs]):
    async def main(self, node: Node[WaitArgs]) -> Finish:
        note(node.args.note, f"{node.node_id} begins attempt {node.attempt} in {os.getpid()}")
        if node.args.how == "burn":
            end = time.monotonic() + node.args.seconds
            while time.monotonic() < end:
                pass
        elif node.args.how == "block":
            time.sleep(node.args.seconds)  # noqa: ASYNC251 - it blocks the loop on purpose
        else:
            await asyncio.sleep(node.args.seconds)
        note(node.args.note, f"{node.node_id} ends attempt {node.attempt}")
        return Finish(f"attempt {node.attempt}")


@action("outside/short", description="Hang past its timeout", timeout_s=1, max_attempts=2, max_backoff_s=0.1)
class Short(Action[WaitArgs]):
    async def main(self, node: Node[WaitArgs]) -> Finish:
        await asyncio.sleep(node.args.seconds)
        return Finish()


class WrongArgs(BaseModel):
    what: str = ""


OUTCOMES = {
    "none": None,
    "nul": Finish("a\0b"),
    "surrogate": Finish("\ud800"),
    "handler": Continue("nowhere"),
    "unknown action": Spawn([Child("no/such", "x")], then="main"),
    "no children": Spawn([], then="main"),
    "child args": Spawn([Child("bench/chain", "x", {"length": "many"})], then="conclude"),
    "state": Continue("main"),
    "fail": Fail("my_code", "why it failed", report="what there is"),
    "refused": Finish("refused by the database"),
}


@action("outside/wrong", description="Return what it should not", max_backoff_s=0.05, routable=False)
class Wrong(Action[WrongArgs]):
    async def main(self, node: Node[WrongArgs]) -> Any:
        what = node.args.what
        if what == "state":
            node.state["x"] = {1, 2}
        if what == "raise nul":
            raise ValueError("a\0b\ud800")
        if what == "exit":
            raise SystemExit(3)
        return OUTCOMES.get(what, Finish("fine"))

    async def conclude(self, node: Node[WrongArgs]) -> Finish:
        (report,) = node.reports
        return Finish(f"{report.outcome}: {(report.error or {}).get('code')}")


@action("outside/journey", description="Walk through every outcome that waits", routable=False)
class Journey(Action[WrongArgs]):
    async def main(self, node: Node[WrongArgs]) -> Spawn:
        node.state["visited"] = ["main"]
        return Spawn([Child("bench/noop", "one"), Child("bench/flaky", "two", {"failures": 1})], then=self.spawned)

    async def spawned(self, node: Node[WrongArgs]) -> Continue:
        node.state["visited"].append(f"spawned {[report.directive for report in node.reports]}")
        return Continue(self.continued)

    async def continued(self, node: Node[WrongArgs]) -> Sleep:
        node.state["visited"].append(f"continued {len(node.reports)}")
        return Sleep(0.05, then=self.slept)

    async def slept(self, node: Node[WrongArgs]) -> Ask:
        node.state["visited"].append("slept")
        return Ask(["First?", "Second?"], then=self.answered)

    async def answered(self, node: Node[WrongArgs]) -> Finish:
        answers = [(answer.prompt, answer.answer) for answer in node.answers]
        return Finish("; ".join([*node.state["visited"], f"answered {answers}", f"reports {len(node.reports)}"]))


@action("outside/remind", description="Ask twice, once with a default that is soon taken", routable=False)
class Remind(Action[WaitArgs]):
    async def main(self, node: Node[WaitArgs]) -> Ask:
        drink = Question("Which drink?", default_answer="tea", expires_in_s=node.args.seconds)
        return Ask([drink, "Which cup?"], then=self.conclude)

    async def conclude(self, node: Node[WaitArgs]) -> Finish:
        answers = [[a.answer, a.expired, list(a.files)] for a in node.answers]
        return Finish(json.dumps(answers + [[m.content, m.role, list(m.files)] for m in node.messages]))


class TouchArgs(BaseModel):
    note: str
    dies: str = ""
    fails: bool = False


class Word(BaseModel):
    word: str


def die(node: Node[TouchArgs], where: str) -> None:
    """Kill the process at `where`, on the first attempt of the first activation only."""
    if node.args.dies == where and node.attempt == 1 and node.activation == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@action("outside/touch", description="Save, ask the model, have an effect", max_backoff_s=0.1, routable=False)
class Touch(Action[TouchArgs]):
    async def main(self, _node: Node[TouchArgs]) -> Ask:
        return Ask("Which word?", then=self.work)

    async def work(self, node: Node[TouchArgs]) -> Continue | Finish:
        word = node.answers[0].answer
        await node.memory.save("word.txt", word)
        await node.files.write("notes/word.txt", word)
        say = Content("echo it", "shell", {"type": "object"}, {}, ())
        node.state["made"] = await node.library.file("say", "Say it", say, tests=[], approval={"by": "policy"})
        model = await node.llm(Word, Prompt("word", "Say a word.", {"about": word}))
        with contextlib.suppress(ModelError):
            await node.llm(Word, Prompt("refused", "Say another.", {}))

        async def effect() -> str:
            if node.args.dies == "in effect" and node.attempt == 1 and node.activation == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            note(node.args.note, f"effect {word}")
            if node.args.dies == "after effect" and node.attempt == 1 and node.activation == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return f"sent {word}"

        sent = await node.effect("send", effect)
        again = await node.effect("send", effect)
        node.state["kept"] = f"{model.word}, {sent}, {again}, {await node.memory.read('word.txt')}"
        return Continue(self.end)

    async def end(self, node: Node[TouchArgs]) -> Finish:
        return Finish(node.state["kept"])


class WordsArgs(BaseModel):
    children: int = 0
    note: str = ""


@action("outside/words", description="Ask the model in every child", max_backoff_s=0.2, routable=False)
class Words(Action[WordsArgs]):
    async def main(self, node: Node[WordsArgs]) -> Finish | Spawn:
        if node.args.children:
            args = {"note": node.args.note}
            return Spawn([Child("outside/words", f"{n}", args) for n in range(node.args.children)], then=self.conclude)
        note(node.args.note, f"{node.node_id} attempt {node.attempt}")
        answer = await node.llm(Word, Prompt("word", "Say a word.", {"about": node.directive}))
        return Finish(answer.word)

    async def conclude(self, node: Node[WordsArgs]) -> Finish:
        return Finish(" ".join(report.report or str(report.outcome) for report in node.reports))


@action("outside/embed", description="Turn texts into vectors", max_backoff_s=0.2, routable=False)
class Embed(Action[WordsArgs]):
    async def main(self, node: Node[WordsArgs]) -> Finish:
        vectors = await node.embed(["a" * (n + 1) for n in range(node.args.children)])
        return Finish(json.dumps([vector[0] for vector in vectors]))


class MixArgs(BaseModel):
    branches: int = 10
    leaves: int = 10


@action("outside/mix", description="Spawn a tree in which everything happens", routable=False)
class Mix(Action[MixArgs]):
    async def main(self, node: Node[MixArgs]) -> Spawn:
        leaves = {"branches": 0, "leaves": node.args.leaves}
        if node.args.branches:
            children = [Child("outside/mix", f"branch {n}", leaves) for n in range(node.args.branches)]
        else:
            kinds = [
                Child("bench/noop", "noop"),
                Child("bench/chain", "chain", {"length": 3}),
                Child("bench/flaky", "flaky", {"failures": 1}),
                Child("outside/wrong", "fails", {"what": "fail"}),
                Child("bench/fan_out", "fan out", {"width": 3, "depth": 1}),
            ]
            children = [Child("bench/ask", "ask", {"questions": 2})]
            children += [kinds[n % len(kinds)] for n in range(node.args.leaves - 1)]
        return Spawn(children, then=self.conclude)

    async def conclude(self, node: Node[MixArgs]) -> Finish:
        outcomes = [str(report.outcome) for report in node.reports]
        return Finish(f"{outcomes.count('succeeded')} of {len(outcomes)}")


@action("outside/planner", description="Plan, and plan anew as a person says", routable=False)
class Planner(Action[WaitArgs]):
    async def main(self, node: Node[WaitArgs]) -> Spawn:
        corrections = [message.content for message in node.messages]
        plan = f"2. {corrections[-1]}" if corrections else "1. wide"
        node.state["plans"] = len(corrections) + 1
        return Spawn([Child("bench/noop", plan)], then=self.conclude, plan=plan)

    async def conclude(self, node: Node[WaitArgs]) -> Finish:
        kept = [key for key in node.state if key != "plans"]
        return Finish(f"planned {node.state['plans']} times: {not kept and len(node.reports) == 1}")


class SendArgs(BaseModel):
    seconds: float = 0
    note: str = ""
    times: int = 1


@action("outside/send", description="Have effects, each in its own time", max_backoff_s=0.2, routable=False)
class Send(Action[SendArgs]):
    async def main(self, node: Node[SendArgs]) -> Finish:
        async def send(key: str) -> str:
            await asyncio.sleep(node.args.seconds)
            note(node.args.note, f"{node.node_id} {key}")
            return key

        for number in range(node.args.times):
            await node.effect(f"send-{number}", partial(send, f"send-{number}"))
        return Finish(f"{node.args.times} sent")


@action("outside/noting", description="Note what it does, and break", routable=False)
class Noting(Action[Any]):
    async def main(self, node: Node[Any]) -> Continue:
        node.log.debug("not kept")
        node.log.info("left out %s: the key is %s", "a.txt", "hunter2-hunter2")
        return Continue(then=self.again)

    async def again(self, node: Node[Any]) -> Finish:
        node.log.warning("state is %s %%", node.state)
        raise ActionError("stopped", "it stops here")
