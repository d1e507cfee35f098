"""What an `AsyncClient` can do, one method for each call of the API.

Rule: each method only names its call. `Methods` has the same ones; a test compares them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Unpack

from pgswarm.client.async_space_methods import AsyncSpaceMethods
from pgswarm.client.calls import accounts, past, people, swarms
from pgswarm.client.calls.parts import File, Id
from pgswarm.client.calls.swarms import StartOptions
from pgswarm.client.models import (
    AccessToken,
    Account,
    Changed,
    Conversation,
    Diff,
    Event,
    Link,
    LinkedQuestion,
    LlmCall,
    MadeLink,
    Message,
    Node,
    Profile,
    Question,
    Raised,
    Replaced,
    Said,
    Spend,
    Started,
    Steered,
    Suggestion,
    Supervised,
    Swarm,
    Token,
    Upload,
    WorkspaceFile,
)


class AsyncMethods(AsyncSpaceMethods):
    """The calls; how they are sent is the client's."""

    token: str | None

    # accounts

    async def signup(self, username: str, password: str, *, idempotency_key: str | None = None) -> Account:
        """Make an account, where the server lets anybody. It does not log in."""
        return await self._do(accounts.signup(username, password, idempotency_key))

    async def login(self, username: str, password: str) -> AccessToken:
        """Log in: from now on this client calls with the token that it got."""
        found = await self._do(accounts.login(username, password))
        self.token = found.access_token
        return found

    async def logout(self) -> None:
        """End this client's token and forget it."""
        await self._do(accounts.logout())
        self.token = None

    async def me(self) -> Account:
        """Return who this client calls as."""
        return await self._do(accounts.me())

    async def change_password(self, current: str, new: str) -> None:
        """Change the password. Every other token of the account ends."""
        await self._do(accounts.change_password(current, new))

    def tokens(self) -> AsyncIterator[Token]:
        """Iterate over the account's tokens, newest first; the tokens themselves are kept nowhere."""
        return self._each(accounts.tokens())

    async def make_token(
        self, label: str = "", *, lifetime_s: float | None = None, idempotency_key: str | None = None
    ) -> AccessToken:
        """Make a further token, for a program; without a lifetime it lasts as long as that of a login."""
        return await self._do(accounts.make_token(label, lifetime_s, idempotency_key))

    async def end_token(self, token_id: Id) -> None:
        """End a token: who calls with it is refused from now on."""
        await self._do(accounts.end_token(token_id))

    def accounts(self) -> AsyncIterator[Account]:
        """Iterate over all accounts, as an administrator; a user finds its own."""
        return self._each(accounts.accounts())

    async def change_account(self, account_id: Id, *, role: str | None = None, disabled: bool | None = None) -> Account:
        """Give an account another role, or disable it, as an administrator: all of its tokens end."""
        return await self._do(accounts.change_account(account_id, role, disabled=disabled))

    # swarms

    async def start(self, goal: str, *, idempotency_key: str | None = None, **options: Unpack[StartOptions]) -> Started:
        """Start a swarm. With a key of the caller's own, a program that runs again gets the swarm of its first run."""
        return await self._do(swarms.start(goal, options, idempotency_key))

    async def swarm(self, swarm_id: Id) -> Swarm:
        """Return a swarm, its goal and report whole."""
        return await self._do(swarms.swarm(swarm_id))

    def swarms(self, *, status: str | None = None, conversation_id: Id | None = None) -> AsyncIterator[Swarm]:
        """Iterate over the account's swarms, newest first; an administrator's over everybody's."""
        return self._each(swarms.swarms(status, conversation_id))

    async def pause(self, swarm_id: Id) -> Steered:
        """Pause a swarm: what runs finishes, nothing new begins."""
        return await self._do(swarms.steer(swarm_id, "pause"))

    async def resume(self, swarm_id: Id) -> Steered:
        """Go on with a paused swarm."""
        return await self._do(swarms.steer(swarm_id, "resume"))

    async def cancel(self, swarm_id: Id) -> Steered:
        """End a swarm and all of its nodes."""
        return await self._do(swarms.steer(swarm_id, "cancel"))

    async def delete(self, swarm_id: Id) -> None:
        """Delete a swarm that has ended, with all that belongs to it."""
        await self._do(swarms.delete(swarm_id))

    async def supervise(self, swarm_id: Id, approve: str) -> Supervised:
        """Say what needs a person's yes from now on: `none`, `plan` or `every_step`."""
        return await self._do(swarms.supervise(swarm_id, approve))

    async def raise_budget(self, swarm_id: Id, **budget: float) -> Raised:
        """Set limits anew, as in `raise_budget(swarm_id, nodes=500)`, and go on where the swarm is paused."""
        return await self._do(swarms.raise_budget(swarm_id, budget))

    # nodes

    async def node(self, swarm_id: Id, node_id: Id) -> Node:
        """Return a node, its texts whole."""
        return await self._do(swarms.node(swarm_id, node_id))

    def nodes(
        self,
        swarm_id: Id,
        *,
        status: str | None = None,
        action: str | None = None,
        under: Id | None = None,
        parent_id: Id | None = None,
    ) -> AsyncIterator[Node]:
        """Iterate over a swarm's nodes, parents before their children; `under`: a node and all below it."""
        return self._each(swarms.nodes(swarm_id, status, action, under, parent_id))

    async def spend(self, swarm_id: Id, node_id: Id) -> Spend:
        """Return what a node and all below it cost."""
        return await self._do(swarms.spend(swarm_id, node_id))

    def llm_calls(self, swarm_id: Id, node_id: Id) -> AsyncIterator[LlmCall]:
        """Iterate over what a node asked of models, and what came back."""
        return self._each(swarms.llm_calls(swarm_id, node_id))

    def files(self, swarm_id: Id, *, folder: str | None = None) -> AsyncIterator[WorkspaceFile]:
        """Iterate over the files and folders of a swarm's workspace, or those below a folder, by path."""
        return self._each(swarms.files(swarm_id, folder))

    async def read_file(self, swarm_id: Id, path: str) -> bytes:
        """Return a file of a swarm's workspace, whole. It comes from a model's code: do not trust it."""
        return await self._do(swarms.read_file(swarm_id, path))

    async def cancel_node(self, swarm_id: Id, node_id: Id) -> Changed:
        """End a node and all below it."""
        return await self._do(swarms.cancel_node(swarm_id, node_id))

    async def retry_node(self, swarm_id: Id, node_id: Id, *, idempotency_key: str | None = None) -> Replaced:
        """Put a new node in the place of one that has terminated, while its parent waits; else `fork`."""
        return await self._do(swarms.retry_node(swarm_id, node_id, idempotency_key))

    async def change_directive(self, swarm_id: Id, node_id: Id, directive: str) -> Changed:
        """Change what a node that waits is to do; to one that runs, `write`."""
        return await self._do(swarms.change_directive(swarm_id, node_id, directive))

    # the past

    def state(self, swarm_id: Id, *, at_seq: int | None = None, at: datetime | None = None) -> AsyncIterator[Node]:
        """Iterate over the nodes as they were after an event, or at a moment (with its time zone)."""
        return self._each(past.state(swarm_id, at_seq, at))

    def history(self, swarm_id: Id, after_seq: int = 0) -> AsyncIterator[Event]:
        """Iterate over the events that there are now, with who did what; `events` waits for those that come."""
        return self._each(past.history(swarm_id, after_seq))

    async def fork(self, swarm_id: Id, at_seq: int, *, idempotency_key: str | None = None) -> Started:
        """Make a swarm that goes on from a past event of this one."""
        return await self._do(past.fork(swarm_id, at_seq, idempotency_key))

    async def copy(self, swarm_id: Id, *, idempotency_key: str | None = None) -> Started:
        """Make a swarm that goes on from where this one is now."""
        return await self._do(past.copy(swarm_id, idempotency_key))

    async def diff(self, swarm_id: Id, other_id: Id, *, limit: int = 100) -> Diff:
        """Compare two swarms node by node; of the differences, the first `limit`."""
        return await self._do(past.diff(swarm_id, other_id, limit))

    # people

    async def question(self, question_id: Id) -> Question:
        """Return a question, its prompt whole."""
        return await self._do(people.question(question_id))

    def suggestions(self, *, swarm_id: Id | None = None) -> AsyncIterator[Suggestion]:
        """Iterate over what nodes suggest, newest first."""
        return self._each(people.suggestions(swarm_id))

    def questions(
        self,
        *,
        swarm_id: Id | None = None,
        node_id: Id | None = None,
        conversation_id: Id | None = None,
        only_open: bool = True,
    ) -> AsyncIterator[Question]:
        """Iterate over the inbox: the open questions of all swarms, the oldest first."""
        return self._each(people.questions(swarm_id, node_id, conversation_id, only_open=only_open))

    async def answer(self, question_id: Id, value: Any, *, files: Sequence[Id] = ()) -> Question:
        """Answer a question with any JSON value that fits it. `ApiError` 409: another was first, or it is closed."""
        return await self._do(people.answer(question_id, value, files))

    async def make_link(
        self, question_id: Id, *, expires_in_s: float | None = None, idempotency_key: str | None = None
    ) -> MadeLink:
        """Make a one-use address: whoever has it answers this question without an account. It holds for a week."""
        return await self._do(people.make_link(question_id, expires_in_s, idempotency_key))

    async def links(self, question_id: Id) -> list[Link]:
        """Return a question's answer links, and what has become of each."""
        return await self._do(people.links(question_id))

    async def end_link(self, question_id: Id, link_id: Id) -> None:
        """Take an answer link back: nobody answers by it any more."""
        await self._do(people.end_link(question_id, link_id))

    async def linked_question(self, link: str) -> LinkedQuestion:
        """Return the question behind an answer link (its url, or the token in it). It uses nothing up."""
        return await self._do(people.linked_question(link))

    async def answer_link(self, link: str, value: Any) -> None:
        """Answer the question behind an answer link, once. It needs no token."""
        await self._do(people.answer_link(link, value))

    def messages(self, swarm_id: Id, node_id: Id | None = None) -> AsyncIterator[Message]:
        """Iterate over what was written to a swarm and its nodes, or what one node reads; the oldest first."""
        return self._each(people.messages(swarm_id, node_id))

    async def write(
        self,
        swarm_id: Id,
        content: str,
        *,
        node_id: Id | None = None,
        files: Sequence[Id] = (),
        idempotency_key: str | None = None,
    ) -> Message:
        """Write to a node or to the whole swarm; who it is for reads it at its next activation."""
        return await self._do(people.write(swarm_id, content, node_id, files, idempotency_key))

    async def profile(self) -> Profile:
        """Return what swarms know of the account's person, from an interview or their own words."""
        return await self._do(people.profile())

    async def set_profile(self, *, expertise: str = "", involvement: str = "always", notes: str = "") -> Profile:
        """Say what each new swarm should know, and when it asks: `never`, `important` or `always`."""
        return await self._do(people.set_profile(expertise, involvement, notes))

    async def erase_profile(self) -> None:
        """Let swarms forget it, those that live too."""
        await self._do(people.erase_profile())

    async def begin_conversation(
        self, title: str = "", *, conversation_id: Id | None = None, idempotency_key: str | None = None
    ) -> Conversation:
        """Begin a conversation, which swarms join by its id; without a title it gets one from its first goal."""
        return await self._do(people.begin_conversation(title, conversation_id, idempotency_key))

    def conversations(self) -> AsyncIterator[Conversation]:
        """Iterate over the account's conversations, newest first."""
        return self._each(people.conversations())

    async def conversation(self, conversation_id: Id) -> Conversation:
        """Return a conversation: its title, how many swarms it has, how many questions are open."""
        return await self._do(people.conversation(conversation_id))

    async def rename_conversation(self, conversation_id: Id, title: str) -> Conversation:
        """Give a conversation another title."""
        return await self._do(people.rename_conversation(conversation_id, title))

    async def end_conversation(self, conversation_id: Id) -> Conversation:
        """End a conversation: no swarm joins it any more; those that run go on."""
        return await self._do(people.end_conversation(conversation_id))

    def what_was_said(self, conversation_id: Id) -> AsyncIterator[Said]:
        """Iterate over goals, questions, answers, messages and reports of a conversation, the oldest first."""
        return self._each(people.what_was_said(conversation_id))

    async def upload(self, *files: File, idempotency_key: str | None = None) -> list[Upload]:
        """Send files, by their paths or as (name, content), to be named in `files` of a goal, a message, an answer."""
        return await self._do(await asyncio.to_thread(people.upload, files, idempotency_key))

    def uploads(self) -> AsyncIterator[Upload]:
        """Iterate over the files that the account has sent, newest first."""
        return self._each(people.uploads())

    async def uploaded(self, upload_id: Id) -> Upload:
        """Return what is known of a file that was sent."""
        return await self._do(people.uploaded(upload_id))

    async def download(self, upload_id: Id) -> bytes:
        """Return what a file that was sent holds."""
        return await self._do(people.download(upload_id))

    async def delete_upload(self, upload_id: Id) -> None:
        """Forget a file that was sent; what it was attached to keeps it."""
        await self._do(people.delete_upload(upload_id))
