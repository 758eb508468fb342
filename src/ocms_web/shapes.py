"""Typed JSON bodies: replies are written from them, and the API description is printed from them."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta, UnsetType

from ocms_core.kernel.notice_numbers import NOTICE_NO
from ocms_web.field_sources import source_of

REF = "#/components/schemas/{name}"
REFERENCE = re.compile(r"#/components/schemas/(\w+)")


class Shape(msgspec.Struct, rename="camel"):
    """A JSON object; every field is always present unless its type has `UnsetType` in it."""


NoticeNo = Annotated[str, Meta(pattern=f"^{NOTICE_NO.pattern}$", description="Notice number")]
Dollars = Annotated[Decimal, Meta(description="Dollars with two decimals")]
Moment = Annotated[datetime, Meta(description="Singapore time", extra_json_schema={"format": "date-time"})]
LocalMoment = Annotated[str, Meta(description="Singapore time without an offset, as 2025-02-14T00:00:00")]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A calendar day, as 2025-02-14")]
RequestId = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Timestamp = Annotated[
    str,
    Meta(description="ISO 8601; Singapore time without an offset", extra_json_schema={"format": "date-time"}),
]
Count = Annotated[int, Meta(ge=0)]


def any_of(*shapes: type[Shape]) -> Any:
    """
    Return the type of a field that holds one of several shapes, told apart by another field.

    msgspec itself asks for a tag inside each shape, which the contracts do not have.
    """
    references = [{"$ref": REF.format(name=shape.__name__)} for shape in shapes]
    return Annotated[Any, Meta(extra_json_schema={"anyOf": references})]


def components(shapes: Iterable[type[Shape]]) -> dict[str, Any]:
    """
    Return the JSON schema of each shape, and of every shape inside it, by name.

    Every field says where its value comes from (`field_sources`). Raises `LookupError` for a field whose
    source is not on record.
    """
    by_name = {shape.__name__: shape for shape in Shape.__subclasses__()}
    schemas: dict[str, Any] = {}
    missing = {shape.__name__ for shape in shapes}
    while missing:
        _, found = msgspec.json.schema_components([by_name[name] for name in missing], ref_template=REF)
        schemas |= found
        missing = set(REFERENCE.findall(str(schemas))) - schemas.keys()
    return {name: with_sources(name, as_written(schema)) for name, schema in sorted(schemas.items())}


def schema_of(parameter: Any) -> Any:
    """Return the JSON schema of the type of a path or query parameter, one that may be absent included."""
    present = get_args(parameter)[0] if optional(parameter) else parameter
    (schema,), _ = msgspec.json.schema_components([present])
    return as_written(schema)


def optional(parameter: Any) -> bool:
    """Return whether the type of a parameter says that it may be absent."""
    return UnsetType in get_args(parameter)


def as_written(schema: Any) -> Any:
    """
    Return a schema of msgspec as the bytes on the wire are.

    Sums are written as numbers, not as text; constants name their type, which generated clients need.
    """
    if isinstance(schema, list):
        return [as_written(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    written = {name: as_written(value) for name, value in schema.items()}
    if written.get("format") == "decimal":
        written = {name: value for name, value in written.items() if name != "format"} | {"type": "number"}
    if "enum" in written and "type" not in written:
        written = {"type": type_of(written["enum"]), **written}
    return written


def type_of(constants: Iterable[object]) -> str | list[str]:
    """Return the JSON type, or types, of constants."""
    names = {str: "string", bool: "boolean", int: "integer", type(None): "null"}
    types = sorted({names[type(constant)] for constant in constants}, key=lambda name: name == "null")
    return types[0] if len(types) == 1 else types


def with_sources(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a shape with the source of each field in its description."""
    fields = {
        field: described(value, f"Source: {source_of(name, field)}")
        for field, value in schema.get("properties", {}).items()
    }
    return {**schema, "properties": fields}


def described(schema: dict[str, Any], sentence: str) -> dict[str, Any]:
    """Return a schema with a sentence added to its description."""
    own = schema.get("description")
    return {**schema, "description": f"{own}. {sentence}" if own else sentence}
