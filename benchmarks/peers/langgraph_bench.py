"""LangGraph with its PostgreSQL checkpointer: a chain and a fan-out. Rule: its default durability, no-op nodes.

Runs in the environment of the peers, against an empty database; prints one line of JSON.
"""

import argparse
import json
import operator
import time
from typing import Annotated, TypedDict

import uvloop
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

WARM_UP = 20


class Count(TypedDict):
    """The state of both graphs: how many nodes ran."""

    ran: Annotated[int, operator.add]
    wanted: int


async def step(_state: Count) -> dict[str, int]:
    """Do nothing, and say that it ran."""
    return {"ran": 1}


def chain() -> StateGraph:
    """Return a graph that runs `step` again and again, `wanted` times."""
    graph = StateGraph(Count)
    graph.add_node("step", step)
    graph.add_edge(START, "step")
    graph.add_conditional_edges("step", lambda state: "step" if state["ran"] < state["wanted"] else END, ["step", END])
    return graph


def fan_out() -> StateGraph:
    """Return a graph that runs `wanted` nodes at once."""
    graph = StateGraph(Count)
    graph.add_node("step", step)
    graph.add_conditional_edges(START, lambda state: [Send("step", state) for _ in range(state["wanted"])], ["step"])
    graph.add_edge("step", END)
    return graph


async def measure(args: argparse.Namespace) -> dict[str, float]:
    """Run the graph once to warm up, then measured."""
    async with AsyncPostgresSaver.from_conn_string(args.url) as saver:
        await saver.setup()
        graph = (chain() if args.what == "chain" else fan_out()).compile(checkpointer=saver)
        for name, count in (("warm up", WARM_UP), ("measured", args.count)):
            config = {"configurable": {"thread_id": name}, "recursion_limit": count + 10}
            before = time.perf_counter()
            state = await graph.ainvoke({"ran": 0, "wanted": count}, config, durability=args.durability)
            seconds = time.perf_counter() - before
            if state["ran"] != count:
                raise RuntimeError(f"{state['ran']} of {count} nodes ran")
    return {"ms_a_step": seconds * 1000 / args.count, "nodes_s": args.count / seconds}


def main() -> None:
    """Read the arguments and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["chain", "fan_out"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--durability", choices=["async", "sync"], default="async")
    print(json.dumps(uvloop.run(measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
