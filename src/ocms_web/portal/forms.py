"""The forms a browser sends: their fields and files."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from urllib.parse import parse_qsl

from attrs import field, frozen
from multipart import MultipartError, MultipartParser, parse_options_header  # type: ignore[import-untyped]

from ocms_core.kernel.texts import stripped

MOST_FIELDS = 5_000
URL_ENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


class MalformedForm(Exception):
    """The body of a request is no form."""


@frozen
class UploadedFile:
    """A file of a form."""

    name: str
    content: bytes


@frozen
class SubmittedForm:
    """The fields of a form in the order they were sent, and its files by field."""

    fields: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, UploadedFile] = field(factory=dict)

    def text(self, name: str) -> str:
        """Return the first value of a field without blanks around it; empty where there is none."""
        return next(iter(self.texts(name)), "")

    def texts(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [stripped(value) for key, value in self.fields if key == name]

    def without(self, name: str) -> "SubmittedForm":
        """Return the form without a field."""
        return SubmittedForm(tuple(pair for pair in self.fields if pair[0] != name), self.files)


def parse_form(content_type: str, body: bytes) -> SubmittedForm:
    """Parse a form of either encoding; raise `MalformedForm` for anything else."""
    kind, options = parse_options_header(content_type)
    try:
        if kind == URL_ENCODED:
            return SubmittedForm(url_encoded(body.decode("ascii")))
        if kind == MULTIPART:
            return multipart(body, options.get("boundary", ""))
    except (ValueError, LookupError, MultipartError):  # LookupError: a character set there is not
        raise MalformedForm from None
    raise MalformedForm


def url_encoded(text: str) -> tuple[tuple[str, str], ...]:
    """Return the fields of a URL-encoded text; raise ValueError for one that is none."""
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    return tuple((name, readable(value)) for name, value in pairs)


def multipart(body: bytes, boundary: str) -> SubmittedForm:
    """Return the fields and files of a multipart body."""
    parser = MultipartParser(
        BytesIO(body),
        boundary,
        content_length=len(body),
        part_limit=MOST_FIELDS,
        memory_limit=len(body) + 1,
        spool_limit=len(body) + 1,
        strict=True,
    )
    parts = list(parser)
    fields = tuple((part.name, readable(part.value)) for part in parts if part.filename is None)
    files = {part.name: UploadedFile(part.filename, part.raw) for part in parts if part.filename and part.raw}
    return SubmittedForm(fields, files)


def readable(text: str) -> str:
    """Return a text with line ends as the system has them; raise ValueError for what no column holds."""
    if "\0" in text:
        raise ValueError("a zero byte")
    text.encode()  # some character sets hold half a pair of surrogates
    return text.replace("\r\n", "\n")


def fields_of(query: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a query."""
    yield from query.items()
