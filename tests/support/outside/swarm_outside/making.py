"""An action that has another one made, and then uses it."""

from typing import Any

from pydantic import BaseModel

from pgswarm.actions import Action, Child, Fail, Finish, Node, Spawn, action


class MakeArgs(BaseModel):
    make: dict[str, Any] = {}
    made: str = ""
    uses: list[dict[str, Any]] = [{}]


@action("outside/make", description="Have an action made, and use it", routable=False)
class Make(Action[MakeArgs]):
    async def main(self, node: Node[MakeArgs]) -> Spawn:
        node.state["offered"] = [choice.action_id for choice in await node.actions()]
        if node.args.made:
            return Spawn([Child(node.args.made, "use it", args) for args in node.args.uses], then=self.end)
        return Spawn([Child("action/create", node.directive, node.args.make)], then=self.use)

    async def use(self, node: Node[MakeArgs]) -> Spawn | Fail:
        (report,) = node.reports
        if report.error:
            return Fail(report.error["code"], report.error["message"], report.report)
        node.state["offered"] = [choice.action_id for choice in await node.actions()]
        made = report.report.split()[0]
        return Spawn([Child(made, "use it", args) for args in node.args.uses], then=self.end)

    async def end(self, node: Node[MakeArgs]) -> Finish:
        told = [r.report if not r.error else f"{r.error['code']}: {r.error['message']}" for r in node.reports]
        offered = node.state["offered"]
        return Finish("\n".join([*told, f"offered: {any(each.startswith('created/') for each in offered)}"]))
