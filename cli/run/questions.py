"""One question as people read it, and their answer as the database takes it.

Rule: an answer that does not fit is said to be so and asked for again; an empty line takes the default where there is
one.
"""

import json
from collections.abc import Mapping
from typing import Any

from pgswarm.cli.answers import parse_answer
from pgswarm.cli.exits import BadInputError
from pgswarm.cli.output import safe
from pgswarm.cli.run.follow import Follower

ANSWER = "select pgswarm.answer_question(question_id => %(question_id)s, answer => %(answer)s::jsonb) as verdict"
TYPES = {"integer": "a whole number", "number": "a number", "boolean": "yes or no", "array": "a JSON list"}
VERDICTS = {
    "accepted": "",
    "already_answered": "Somebody has answered it already; that answer stands.",
    "closed": "It is closed: it expired, or its node has ended.",
}


def question_lines(question: Mapping[str, Any]) -> list[str]:
    """Return the prompt, the choices by number, what form the answer takes, and the default."""
    lines = safe(question["prompt"]).splitlines() or [""]
    lines += [f"  {number}. {shown(choice)}" for number, choice in enumerate(question.get("choices") or [], 1)]
    hints = [*_form(question), *_default(question)]
    return [*lines, f"  ({'; '.join(hints)})"] if hints else lines


def shown(value: Any) -> str:
    """Return a JSON value as people read it: a text as it is."""
    return safe(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def give_answer(follower: Follower, question: Mapping[str, Any], typed: str) -> str:
    """Answer the question and return what to say about it ("" where there is nothing to say).

    Raises `BadInputError` where the answer does not fit: nothing was written, and the question is open still.
    """
    import psycopg

    from pgswarm.schema.errors import InvalidInputError, translate
    from pgswarm.schema.text import clean_json

    default = question.get("default_answer")
    try:
        if not typed.strip() and default is not None:
            value = default
        else:
            value = parse_answer(typed, question.get("choices"), question.get("schema"))
        clean_json("the answer", value)
        asked = {"question_id": question["question_id"], "answer": json.dumps(value)}
        rows = follower.lasting(lambda: follower.connection.execute(ANSWER, asked).fetchall())
    except InvalidInputError as error:
        raise BadInputError(error.message, error.hint or "") from error
    except psycopg.Error as error:
        refused = translate(error)
        if not isinstance(refused, InvalidInputError):
            raise
        raise BadInputError(refused.message, refused.hint or "") from error
    return VERDICTS[rows[0]["verdict"]]


def how_to_answer(question: Mapping[str, Any]) -> str:
    """Return the command that answers it from elsewhere."""
    return f"pgswarm answer {question['question_id']} {'CHOICE' if question.get('choices') else 'TEXT'}"


def _form(question: Mapping[str, Any]) -> list[str]:
    if question.get("choices"):
        return ["one of these, or its number"]
    schema = question.get("schema")
    if not isinstance(schema, Mapping) or (schema.get("type", "string") == "string" and "enum" not in schema):
        return []
    if "enum" in schema:
        return ["one of " + ", ".join(map(shown, schema["enum"]))]
    kind = schema.get("type")
    if kind == "object":
        fields = ", ".join(schema.get("properties", {}))
        return ["a JSON object" + (f" with {fields}" if fields else "")]
    if isinstance(kind, list):
        return [" or ".join(TYPES.get(str(name), str(name)) for name in kind)]
    return [TYPES.get(str(kind), "JSON")]


def _default(question: Mapping[str, Any]) -> list[str]:
    default = question.get("default_answer")
    return [] if default is None else [f"Enter for {shown(default)}"]
