"""Fills a JSON schema when the caller asks for structured output: the reply goes into the first text."""

import json
from typing import Any

Json = dict[str, Any]


def fill(schema: Json, reply: str) -> str:
    """JSON text that satisfies `schema`; what is not the reply is as empty as the schema allows."""
    return json.dumps(_value(schema, schema, [reply]), ensure_ascii=False)


def _value(schema: Json, root: Json, replies: list[str]) -> Any:
    schema = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "string")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    match kind:
        case "object":
            return {name: _value(each, root, replies) for name, each in schema.get("properties", {}).items()}
        case "array":
            return [_value(schema["items"], root, replies)] * schema.get("minItems", 0)
        case "boolean":
            return False
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "null":
            return None
        case _:
            return replies.pop() if replies else ""


def _resolved(schema: Json, root: Json) -> Json:
    if "$ref" in schema:
        found: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return _resolved(found, root)
    choices = schema.get("anyOf") or schema.get("allOf")
    if choices:
        nullable = next((each for each in choices if each.get("type") == "null"), None)
        return nullable or _resolved(choices[0], root)
    return schema
