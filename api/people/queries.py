"""The SQL of the routes of people. Changes go through the database's verbs; reads name who may see the rows."""

from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg.rows import DictRow

from pgswarm.api.database import Conn
from pgswarm.api.ownership import seen_by
from pgswarm.api.principal import Principal
from pgswarm.api.problems import not_found

_QUESTION: Final = """
select q.question_id, q.swarm_id, q.node_id, s.conversation_id, s.goal,
       pgswarm.whole_text(q.prompt, q.prompt_blob) as prompt, q.schema, q.choices, q.default_answer, q.asked_at,
       q.expires_at, coalesce(q.closed_reason, 'open') as status, q.answer, q.answer_files, q.answered_by, q.answered_at
  from pgswarm.question q
  join pgswarm.swarm s on s.swarm_id = q.swarm_id
 where (%(admin)s or s.owner_id = %(account)s)
"""
_ONE: Final = _QUESTION + " and q.question_id = %(question_id)s"
QUESTIONS: Final = (
    _QUESTION
    + """
   and (%(open)s::boolean is null or (q.closed_at is null) = %(open)s)
   and (%(swarm_id)s::uuid is null or q.swarm_id = %(swarm_id)s)
   and (%(node_id)s::uuid is null or q.node_id = %(node_id)s)
   and (%(conversation_id)s::uuid is null or s.conversation_id = %(conversation_id)s)
   and (%(at)s::timestamptz is null or (q.asked_at, q.question_id) > (%(at)s, %(after)s::uuid))
 order by q.asked_at, q.question_id
 limit %(limit)s
"""
)
ANSWER: Final = """
select pgswarm.answer_question(question_id => %(question_id)s, answer => %(answer)s, files => %(files)s::uuid[])
"""
SAME_ANSWER: Final = """
select coalesce(q.answer = %(answer)s and q.answered_by = %(by)s
                and coalesce(jsonb_path_query_array(q.answer_files, '$[*].upload_id'), '[]')
                    = to_jsonb(%(files)s::text[]),
                false)
  from pgswarm.question q where q.question_id = %(question_id)s
"""
_MESSAGE: Final = """
select m.message_id, m.swarm_id, m.node_id, m.role, pgswarm.whole_text(m.content, m.content_blob) as content, m.files,
       m.author, m.at
  from pgswarm.message m
"""
SEND: Final = """
select pgswarm.add_message(swarm_id => %(swarm_id)s, node_id => %(node_id)s, content => %(content)s,
                           files => %(files)s::uuid[])
"""
MESSAGE: Final = _MESSAGE + " where m.message_id = %(message_id)s"
MESSAGES: Final = (
    _MESSAGE
    + """
 where m.swarm_id = %(swarm_id)s and (%(node_id)s::uuid is null or m.node_id is null or m.node_id = %(node_id)s)
   and (%(at)s::timestamptz is null or (m.at, m.message_id) > (%(at)s, %(after)s::uuid))
 order by m.at, m.message_id
 limit %(limit)s
"""
)
NODE: Final = "select n.status from pgswarm.node n where n.swarm_id = %(swarm_id)s and n.node_id = %(node_id)s"

BEGIN: Final = """
select pgswarm.begin_conversation(title => %(title)s, conversation_id => %(conversation_id)s, owner => %(owner)s)
"""
RENAME: Final = "select pgswarm.rename_conversation(conversation_id => %(conversation_id)s, title => %(title)s)"
END: Final = "select pgswarm.end_conversation(conversation_id => %(conversation_id)s)"
CONVERSATION: Final = """
select c.* from pgswarm.conversation_overview c
 where c.conversation_id = %(conversation_id)s and (%(admin)s or c.owner_id = %(account)s)
"""
CONVERSATIONS: Final = """
select c.* from pgswarm.conversation_overview c
 where (%(admin)s or c.owner_id = %(account)s)
   and (%(at)s::timestamptz is null or (c.created_at, c.conversation_id) < (%(at)s, %(after)s::uuid))
 order by c.created_at desc, c.conversation_id desc
 limit %(limit)s
"""
HISTORY: Final = """
select h.kind, h.at, h.role, h.author, h.swarm_id, h.node_id, h.item_id,
       pgswarm.whole_text(h.content, h.content_blob) as content, h.value, h.files, h.rank
  from (select h.* from pgswarm.conversation_history h
         where h.conversation_id = %(conversation_id)s
           and (%(at)s::timestamptz is null or (h.at, h.rank, h.item_id) > (%(at)s, %(rank)s, %(after)s::uuid))
         order by h.at, h.rank, h.item_id
         limit %(limit)s) h
 order by h.at, h.rank, h.item_id
"""

_UPLOAD: Final = """
select u.upload_id, u.name, u.kind, u.media_type, u.encoding, u.size, u.blob as sha256, u.created_at
  from pgswarm.upload u
"""
KEEP: Final = """
select pgswarm.create_upload(name => %(name)s, kind => %(kind)s, content => %(content)b, media_type => %(media_type)s,
                             owner => %(owner)s, encoding => %(encoding)s, quota_bytes => %(quota_bytes)s)
"""
FORGET: Final = "select pgswarm.delete_upload(upload_id => %(upload_id)s)"
UPLOAD: Final = _UPLOAD + " where u.upload_id = %(upload_id)s and (%(admin)s or u.owner_id = %(account)s)"
UPLOADS: Final = (
    _UPLOAD
    + """
 where (%(admin)s or u.owner_id = %(account)s) and (%(before)s::uuid is null or u.upload_id < %(before)s)
 order by u.upload_id desc
 limit %(limit)s
"""
)
CONTENT: Final = "select pgswarm.read_upload(upload_id => %(upload_id)s)"

MAKE_LINK: Final = """
select l.link_id, l.expires_at
  from pgswarm.create_answer_link(question_id => %(question_id)s, token_hash => %(hash)s,
                                  expires_in_s => %(expires_in_s)s, idempotency_key => %(key)s) l
"""
LINKS: Final = "select l.* from pgswarm.answer_links l where l.question_id = %(question_id)s order by l.link_id"
REVOKE: Final = "select pgswarm.revoke_answer_link(link_id => %(link_id)s)"
LINKED: Final = "select l.* from pgswarm.read_answer_link(token_hash => %(hash)s) l"
ANSWER_LINK: Final = "select pgswarm.answer_by_link(token_hash => %(hash)s, answer => %(answer)s)"
SAME: Final = "select %(one)s::jsonb = %(other)s::jsonb"

CANCEL_NODE: Final = "select pgswarm.cancel_node(swarm_id => %(swarm_id)s, node_id => %(node_id)s)"
RETRY_NODE: Final = "select pgswarm.retry_node(swarm_id => %(swarm_id)s, node_id => %(node_id)s)"
CHANGE: Final = """
select pgswarm.change_directive(swarm_id => %(swarm_id)s, node_id => %(node_id)s, directive => %(directive)s)
"""
RAISE: Final = "select pgswarm.raise_budget(swarm_id => %(swarm_id)s, options => %(budget)s)"
APPROVAL: Final = "select pgswarm.set_approval(swarm_id => %(swarm_id)s, approve => %(approve)s)"
SUGGESTIONS: Final = """
select e.entry_id, e.swarm_id, e.author_node_id as node_id, e.description as about, e.created_at,
       convert_from(pgswarm.read_entry(swarm_id => e.swarm_id, entry_id => e.entry_id), 'UTF8') as content
  from (select e.* from pgswarm.space_entry e
         where e.space = 'memory' and e.kind = 'suggestion' and e.swarm_id is not null
           and (%(admin)s or e.owner_id = %(account)s)
           and (%(swarm_id)s::uuid is null or e.swarm_id = %(swarm_id)s)
           and (%(before)s::uuid is null or e.entry_id < %(before)s)
         order by e.entry_id desc
         limit %(limit)s) e
 order by e.entry_id desc
"""
RESUME: Final = "select pgswarm.resume_swarm(swarm_id => %(swarm_id)s)"
BUDGET: Final = """
select s.swarm_id, s.status, s.paused_reason,
       jsonb_build_object(
         'nodes', s.max_nodes, 'depth', s.max_depth, 'children', s.max_children, 'activations', s.max_activations,
         'llm_calls', s.max_llm_calls, 'tokens', s.max_tokens, 'cost_usd', s.max_cost_usd,
         'duration_s', s.max_duration_s) as budget
  from pgswarm.swarm s where s.swarm_id = %(swarm_id)s
"""


async def rows(conn: Conn, query: LiteralString, **params: Any) -> list[DictRow]:
    """Return the rows of a query."""
    return await (await conn.execute(query, params)).fetchall()


async def value(conn: Conn, query: LiteralString, **params: Any) -> Any:
    """Return the one value of a query; None where it has no row."""
    found = await (await conn.execute(query, params)).fetchone()
    return None if found is None else next(iter(found.values()))


async def question(conn: Conn, caller: Principal, question_id: UUID) -> DictRow:
    """Return a question; raise 404 where it is not the caller's."""
    found = await rows(conn, _ONE, question_id=question_id, **seen_by(caller))
    if not found:
        raise not_found("question_id", question_id, "see GET /v1/questions?open=true")
    return found[0]


async def conversation(conn: Conn, caller: Principal, conversation_id: UUID) -> DictRow:
    """Return a conversation; raise 404 where it is not the caller's."""
    found = await rows(conn, CONVERSATION, conversation_id=conversation_id, **seen_by(caller))
    if not found:
        raise not_found("conversation_id", conversation_id, "see GET /v1/conversations")
    return found[0]


async def upload(conn: Conn, caller: Principal, upload_id: UUID) -> DictRow:
    """Return an upload; raise 404 where it is not the caller's."""
    found = await rows(conn, UPLOAD, upload_id=upload_id, **seen_by(caller))
    if not found:
        raise not_found("upload_id", upload_id, "see GET /v1/uploads")
    return found[0]
