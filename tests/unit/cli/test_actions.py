"""An action's arguments, as people read them."""

from pgswarm.cli.commands.actions import argument_lines

SCHEMA = {
    "properties": {
        "width": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10, "description": "how\nwide"},
        "names": {"type": "array", "items": {"$ref": "#/$defs/Name"}},
        "mood": {"enum": ["good", "bad"]},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "share": {"type": "number", "exclusiveMinimum": 0},
    },
    "required": ["names"],
    "$defs": {"Name": {"type": "string"}},
}


def test_each_argument_has_its_type_bounds_default_and_description() -> None:
    assert list(argument_lines(SCHEMA)) == [
        ("width", "integer 1 to 50", "10", "how wide"),
        ("names", "list of string", "required", ""),
        ("mood", '"good" or "bad"', "-", ""),
        ("note", "string or nothing", "null", ""),
        ("share", "number from 0", "-", ""),
    ]


def test_a_schema_without_properties_has_no_arguments() -> None:
    assert list(argument_lines({})) == []
