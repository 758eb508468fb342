"""What can go wrong without any item of the call being to blame."""


class Fault(Exception):
    """Something outside the rules failed; the message never carries personal data."""


class Conflict(Fault):
    """The facts changed while they were being decided on; the decision is to be made again."""


class Unavailable(Fault):
    """A system OCMS depends on cannot be reached; `which` names it. Try again later."""

    def __init__(self, which: str) -> None:
        super().__init__(f"{which} is unavailable")
        self.which = which


class BadRow(Fault):
    """The database refused one of the rows; recorded again row by row, only that one is lost."""
