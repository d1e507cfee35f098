"""Every operation that the OpenAPI document names, and requests made from it: nothing can be forgotten in a list.

A new kind of id in a path must be given to `ids_of`; a new body must have an example.
"""

import copy
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import httpx2 as httpx

from support.api import Account, Api, document
from support.verbs import open_questions

METHODS: Final = ("get", "post", "put", "patch", "delete")
DOCUMENT: Final = document()


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    said: dict[str, Any] = field(compare=False)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def secured(self) -> bool:
        """Whether it needs a token."""
        return bool(self.said.get("security"))

    @property
    def streams(self) -> bool:
        """Whether its answer goes on until one side closes it."""
        return "text/event-stream" in self.said["responses"].get("200", {}).get("content", {})

    @property
    def takes_json(self) -> bool:
        return "application/json" in self.said.get("requestBody", {}).get("content", {})

    @property
    def takes_files(self) -> bool:
        return "multipart/form-data" in self.said.get("requestBody", {}).get("content", {})

    def fields(self) -> list[str]:
        """The fields of the object that it takes; for one that takes any value, a field of its example."""
        schema = resolved(self.said["requestBody"]["content"]["application/json"]["schema"])
        return list(schema.get("properties") or self.example())

    @property
    def statuses(self) -> set[int]:
        """The statuses that it says it can give."""
        return {int(status) for status in self.said["responses"]}

    def parameters(self, where: str, *, required: bool = False) -> list[str]:
        return [
            parameter["name"]
            for parameter in self.said.get("parameters", ())
            if parameter["in"] == where and (parameter.get("required") or not required)
        ]

    def ids(self) -> list[str]:
        """The ids that it takes, in its path or as required parameters."""
        named = self.parameters("path") + self.parameters("query", required=True)
        return [name for name in named if name.endswith("_id")]

    def example(self) -> Any:
        """Return a body that it takes: its example."""
        content = self.said["requestBody"]["content"]["application/json"]
        schema = resolved(content["schema"])
        for found in (content, schema):
            if "example" in found:
                return copy.deepcopy(found["example"])
            if found.get("examples"):
                return copy.deepcopy(found["examples"][0])
        return {name: _value(schema["properties"][name]) for name in schema.get("required", ())}

    async def call(
        self, client: httpx.AsyncClient, ids: dict[str, Any], *, body: Any = None, method: str | None = None
    ) -> httpx.Response:
        """Call it with these ids, its example as body, and something for what else it must have."""
        missing = [name for name in self.parameters("path") if name not in ids]
        assert not missing, f"{self}: give {missing} a value in tests/support/walk.py"
        query = {name: ids.get(name, "some") for name in self.parameters("query", required=True)}
        sent: dict[str, Any] = {"params": query}
        if body is not None:
            sent["content"] = body
            sent["headers"] = {"Content-Type": "application/json"}
        elif self.takes_json and method is None:
            example = self.example()
            known = {name: str(ids[name]) for name in example if name.endswith("_id") and name in ids}
            sent["json"] = {**example, **known}
        elif "requestBody" in self.said and method is None:
            sent["files"] = {"file": ("some.txt", b"some text", "text/plain")}
        return await client.request(method or self.method, self.path.format(**ids), **sent)


OPERATIONS: Final = [
    Operation(method, path, said)
    for path, operations in DOCUMENT["paths"].items()
    for method, said in operations.items()
    if method in METHODS
]


def ids_of(api: Api, owner: Account) -> dict[str, Any]:
    """Make one of everything, all of it `owner`'s; return the ids by the names that paths give them."""
    conn = api.db.conn
    swarm_id = api.swarm(owner, "waiting_user")
    question = open_questions(conn, swarm_id)[0]
    entry = api.db.value(
        "select pgswarm.save_entry(swarm_id => %(s)s, node_id => null, name => 'a.txt', kind => 'text',"
        " description => '', folder => '', content => 'some text'::bytea)",
        s=swarm_id,
    )
    api.db.run(  # a file of the workspace, called as `call` calls what it must name
        "with b as (insert into pgswarm.blob (blob, content, bytes) values (encode(sha256('text'), 'hex'), 'text', 4)"
        " on conflict do nothing)"
        " insert into pgswarm.workspace_file (swarm_id, path, seq, kind, blob, size, at)"
        " values (%(s)s, 'some', 1, 'file', encode(sha256('text'), 'hex'), 4, now())",
        s=swarm_id,
    )
    return {
        "blueprint_id": _blueprint(api, owner, question["node_id"], swarm_id),
        "swarm_id": swarm_id,
        "with": api.swarm(owner),
        "node_id": question["node_id"],
        "question_id": question["question_id"],
        "entry_id": entry,
        "account_id": owner.account_id,
        "space": "memory",
        "action": "created/count_words",
        "version": 1,
        **_optional(api, owner, question["question_id"]),
    }


def _blueprint(api: Api, owner: Account, node_id: UUID, swarm_id: UUID) -> Any:
    """Make a blueprint that has an action of the swarm's: the one that bodies name in their examples."""
    return api.db.value(
        "with b as materialized (select pgswarm.create_blueprint('kept', owner => %(owner)s) as id),"
        " a as materialized (select pgswarm.create_action(%(s)s, %(node)s, 'count_words', '', '1', jsonb_build_object("
        "   'input_schema', '{}'::jsonb, 'approval', '{\"by\": \"policy\"}'::jsonb, 'hash', %(hash)s::text)) as v)"
        " select b.id from b, a,"
        "   lateral (select pgswarm.merge_action(b.id, %(s)s, 'created/count_words', a.v, %(hash)s)) m",
        owner=owner.account_id, s=swarm_id, node=node_id, hash=f"{swarm_id.hex:0>64}",
    )  # fmt: skip


def _optional(api: Api, owner: Account, question_id: UUID) -> dict[str, Any]:
    """Make what is known by its own id and belongs to an account."""
    conversation = api.db.value(
        "select pgswarm.begin_conversation(title => 'talk', owner => %(owner)s)", owner=owner.account_id
    )
    upload = api.db.value(
        "select pgswarm.create_upload(name => 'b.txt', kind => 'text', content => 'b'::bytea, owner => %(owner)s)",
        owner=owner.account_id,
    )
    link = api.db.value(
        "select link_id from pgswarm.create_answer_link(question_id => %(q)s, token_hash => sha256(%(q)s::text::bytea),"
        " expires_in_s => 60)",
        q=question_id,
    )
    token = api.db.value("select token_id from pgswarm.api_token where account_id = %(a)s", a=owner.account_id)
    linked = {"link_id": link, "token": str(question_id)}  # what the link is known by is the hash of this
    return {**linked, "conversation_id": conversation, "upload_id": upload, "token_id": token}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a schema refers to; of a body that may be left out, what it is where it is given."""
    found: dict[str, Any] = schema
    while "$ref" in found or {"type": "null"} in found.get("anyOf", ()):
        if "$ref" in found:
            found = DOCUMENT["components"]["schemas"][found["$ref"].rsplit("/", 1)[-1]]
        else:
            given = [one for one in found["anyOf"] if one != {"type": "null"}]
            found = given[0] if len(given) == 1 else {"anyOf": given}
    return found


def _value(schema: dict[str, Any]) -> Any:
    """Return something that fits a property: its example, or the least of its type."""
    found = resolved(schema)
    if found.get("examples"):
        return found["examples"][0]
    if "default" in found:
        return found["default"]
    least: dict[str, Any] = {"string": "some", "integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}}
    return least[found["type"]] if "type" in found else "some"
