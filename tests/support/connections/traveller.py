"""An A2A agent: it answers at once, works for long, asks back, wants a login, or fails, by the words it is told."""

import asyncio
from typing import Any

from a2a.helpers.proto_helpers import new_text_message, new_text_part
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill, Task, TaskState, TaskStatus
from starlette.applications import Starlette


class Traveller(AgentExecutor):
    """The agent. `told` is every message that it got."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.looks: list[str] = []

    async def execute(self, context: Any, event_queue: Any) -> None:
        text = context.get_user_input()
        self.told.append(text)
        if text.startswith("hello"):
            await event_queue.enqueue_event(new_text_message("Hello from afar."))
            return
        if context.current_task is None:
            await event_queue.enqueue_event(
                Task(
                    id=context.task_id,
                    context_id=context.context_id,
                    status=TaskStatus(state=TaskState.TASK_STATE_SUBMITTED),
                )
            )
        task = TaskUpdater(event_queue, context.task_id, context.context_id)
        await task.start_work()
        if "long" in text:
            while len(self.looks) < 2:  # noqa: ASYNC110 - the test's own looks are what it waits for
                await asyncio.sleep(0.01)
        if text.startswith("book") and context.current_task is None:
            await task.requires_input(new_text_message("To which city?"))
            return
        if text.startswith("pay") and context.current_task is None:
            await task.requires_auth(new_text_message("Please log in at the bank."))
            return
        if "wrong" in text:
            await task.failed(new_text_message("There is no such place."))
            return
        await task.add_artifact([new_text_part(f"Ticket: {text}")], name="ticket")
        await task.complete()

    async def cancel(self, context: Any, event_queue: Any) -> None:
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()


def application(address: str, agent: Traveller, *, elsewhere: str = "") -> Starlette:
    """Return the agent's server; `elsewhere` is another host that its card names."""
    card = AgentCard(
        name="traveller",
        description="Books journeys.",
        version="1",
        supported_interfaces=[
            AgentInterface(protocol_binding="JSONRPC", url=elsewhere or f"{address}/rpc", protocol_version="1.0")
        ],
        capabilities=AgentCapabilities(streaming=True),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[
            AgentSkill(id="book", name="Book a journey", description="Books a journey by rail.", tags=["travel"]),
            AgentSkill(id="not usable!", name="x", description="x", tags=["x"]),
        ],
    )
    handler = Counting(agent_executor=agent, task_store=InMemoryTaskStore(), agent_card=card)
    handler.looks = agent.looks
    return Starlette(routes=[*create_agent_card_routes(card), *create_jsonrpc_routes(handler, "/rpc")])


class Counting(DefaultRequestHandler):
    """Counts how often somebody looks at a task."""

    looks: list[str]

    async def on_get_task(self, *arguments: Any, **named: Any) -> Any:
        self.looks.append("look")
        return await super().on_get_task(*arguments, **named)
