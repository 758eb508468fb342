"""The system that is tested: its address, its credentials and its database, from `target.toml`."""

import base64
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from string import ascii_letters, digits
from typing import Any

import cattrs
import httpx
from attrs import Factory, define, field, frozen

from ocms_conformance.case import Ask

KINDS = {"key": ("X-API-Key", ""), "token": ("Authorization", "Bearer ")}

# How a credential is made one that nobody issued.
OTHER_END = str.maketrans({"A": "B", **dict.fromkeys(set(ascii_letters + digits + "-_") - {"A"}, "A")})
ALTERED: Mapping[str, Callable[[str], str]] = {
    "cut short": lambda value: value[:-1],
    "too long": lambda value: f"{value}A",
    "another end": lambda value: value[:-10] + value[-10:].translate(OTHER_END),
}


class NotTried(Exception):
    """A case that cannot be tried on a target; the message says why."""


@frozen
class Credential:
    """A credential of a role, an API key or a bearer token; `name` is how answers and rows show its owner."""

    role: str
    kind: str
    value: str = field(repr=False)
    name: str = ""

    def headers(self, altered: str | None = None) -> dict[str, str]:
        """Return the header that carries it, altered so that nobody has issued it or as it is."""
        header, word = KINDS[self.kind]
        return {header: f"{word}{ALTERED[altered](self.value) if altered else self.value}"}


@frozen(kw_only=True)
class JobCommand:
    """
    How a target runs a job: the words of a command, in which `{job}` stands for its name.

    `names` are the target's own names by ours; where there are any, it has no other jobs. `environment`
    is added to that of the kit. `not_begun` is the exit status that says that the job could not begin,
    such as when another run has just ended.
    """

    command: list[str]
    folder: str | None = None
    environment: Mapping[str, str] = field(factory=dict, repr=False)
    names: Mapping[str, str] = Factory(dict)
    timeout_seconds: float = 600
    not_begun: int | None = None


@frozen(kw_only=True)
class Target:
    """
    A system under test.

    `database` is the SQLAlchemy URL of its Intranet database, without which no rows are put or looked at;
    `reference_data` says whether the stage map, parameters and reasons may be changed for a case; `wait`
    whether a call that came too often is made again when the answer says so; without `jobs` none is run.
    """

    url: str
    database: str | None = None
    reference_data: bool = True
    wait: bool = False
    timeout_seconds: float = 60
    credentials: list[Credential] = Factory(list)
    jobs: JobCommand | None = None


def read_target(path: Path) -> Target:
    """Read a target; raises `cattrs.ClassValidationError` for what it does not know."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return cattrs.Converter(forbid_extra_keys=True).structure(document, Target)


@define
class Credentials:
    """Gives out credentials, the least used first, so that no rate limit is met before all are used."""

    held: Collection[Credential]
    used: Counter[tuple[str, str]] = field(factory=Counter)

    def choose(self, role: str, kind: str, path: str, taken: Collection[Credential]) -> Credential:
        """Return a credential that no other caller of the case has. Raises `NotTried`."""
        fitting = [each for each in self.held if (each.role, each.kind) == (role, kind) and each not in taken]
        if not fitting:
            further = "further " if taken else ""
            raise NotTried(f"the target gives no {further}credential ({kind}) of the role {role}")
        return min(fitting, key=lambda each: self.used[each.value, path])

    def note(self, credential: Credential, path: str) -> None:
        """Note a call."""
        self.used[credential.value, path] += 1

    def unused(self, credential: Credential, path: str) -> bool:
        """Return whether a credential has not called a path."""
        return not self.used[credential.value, path]


def body_of(ask: Ask, document: Any) -> bytes:
    """Return the bytes of a request's body."""
    if document is not ...:
        return json.dumps(document).encode()
    if ask.text is not None:
        return ask.text.encode()
    if ask.pieces:
        return "".join(text * times for text, times in ask.pieces).encode()
    return base64.b64decode(ask.base64) if ask.base64 else b""


def send(
    client: httpx.Client, ask: Ask, path: str, headers: Mapping[str, str], content: bytes
) -> httpx.Response:
    """Make one call; a header is sent as the bytes its characters have in Latin-1."""
    in_bytes = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    return client.request(ask.method, path, headers=in_bytes, content=content or None)
