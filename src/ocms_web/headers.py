"""The headers of a request, of which any may be sent more than once."""

from collections.abc import Mapping


def values_of(headers: Mapping[str, str], wanted: str) -> list[str]:
    """
    Return the values of a header, whose name is given in lower case.

    `headers` has a repeated header once for each time it was sent.
    """
    return [value for name, value in headers.items() if name.lower() == wanted]
