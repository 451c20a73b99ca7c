"""Writes hemaview_client/types.py, a TypedDict for each thing that the API sends or takes, from openapi.yaml."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
HEAD = '''"""What the API sends and takes; made by clients/python/make_types.py from the API's own description."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict
'''
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def python_type(schema: dict[str, Any]) -> str:
    """The annotation of a JSON schema as drf-spectacular writes them."""
    if "$ref" in schema:
        text = schema["$ref"].rsplit("/", 1)[-1]
    elif "allOf" in schema or "oneOf" in schema:
        parts = [python_type(part) for part in schema.get("allOf") or schema["oneOf"]]
        text = " | ".join(dict.fromkeys(parts))
    elif "enum" in schema:
        text = f"Literal[{', '.join(repr(value) for value in schema['enum'] if value is not None)}]"
    elif schema.get("type") == "array":
        text = f"list[{python_type(schema['items'])}]"
    elif schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        text = f"dict[str, {python_type(schema['additionalProperties'])}]"
    elif schema.get("type") == "object":
        text = "dict[str, Any]"
    else:
        text = _PLAIN.get(schema.get("type", ""), "Any")
    return f"{text} | None" if schema.get("nullable") else text


def types(description: dict[str, Any]) -> str:
    """The module's text."""
    lines = [HEAD]
    for name, schema in sorted(description["components"]["schemas"].items()):
        if "properties" not in schema:
            lines.append(f"\n{name} = {python_type(schema)}\n")
            continue
        required = set(schema.get("required", ()))
        fields = []
        for field, kind in schema["properties"].items():
            text = python_type(kind)
            word = text if field in required else f"NotRequired[{text}]"
            fields.append(f'        "{field}": "{word}",')  # quoted: what it names may stand further down
        body = "\n".join(fields)
        lines.append(f'\n{name} = TypedDict(\n    "{name}",\n    {{\n{body}\n    }},\n)\n')
    return "".join(lines)


def main() -> int:
    text = types(yaml.safe_load((HERE.parent / "openapi.yaml").read_text()))
    (HERE / "hemaview_client" / "types.py").write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
