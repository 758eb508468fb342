"""The API description of one endpoint: prose, bodies by shape, and examples that are values of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from ocms_web.shapes import Shape

JSON = "application/json"


@frozen
class BodyDescription:
    """
    One body: a sentence, its shapes, and examples by name.

    The examples are values of the shapes, so they cannot differ from them. A file has no shape.
    """

    description: str
    shapes: tuple[type[Shape], ...]
    examples: Mapping[str, Shape] = field(factory=dict)
    media_type: str = JSON


@frozen
class Description:
    """One endpoint; `url_params` are the types of path and query parameters, by name."""

    summary: str
    text: str
    tag: str
    request: BodyDescription
    replies: Mapping[int, BodyDescription]
    url_params: Mapping[str, Any] = field(factory=dict)


def json_body(sentence: str, **examples: Shape) -> BodyDescription:
    """Return the description of a JSON body by its examples; their types are the shapes it may have."""
    return body_of(sentence, examples)


def body_of(sentence: str, examples: Mapping[str, Shape]) -> BodyDescription:
    """Return the description of a JSON body by examples whose names may be sentences."""
    shapes = tuple(dict.fromkeys(type(example) for example in examples.values()))
    return BodyDescription(sentence, shapes, examples)


def joined(body: BodyDescription, added: BodyDescription) -> BodyDescription:
    """Return the description of a body that is either of two."""
    return BodyDescription(
        f"{body.description}; {added.description}",
        tuple(dict.fromkeys((*body.shapes, *added.shapes))),
        {**body.examples, **added.examples},
        body.media_type,
    )


def errors_by_status(errors: Iterable[tuple[int, str, Shape]]) -> dict[int, BodyDescription]:
    """Return the descriptions of errors, given by status, text and body: one for each status."""
    by_status: dict[int, dict[str, Shape]] = {}
    for status, sentence, body in errors:
        by_status.setdefault(status, {})[sentence] = body
    return {status: body_of("; ".join(examples), examples) for status, examples in by_status.items()}
