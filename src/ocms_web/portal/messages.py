"""What a page tells the officer once."""

from enum import Enum, unique

from attrs import frozen


@unique
class Tone(Enum):
    """What a message to the officer is; the value names its style."""

    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"


@frozen
class Message:
    """A sentence to the officer, shown once."""

    text: str
    tone: Tone = Tone.SUCCESS
