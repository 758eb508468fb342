"""What can go wrong without any item of the call being to blame."""


class OcmsError(Exception):
    """Something outside the rules failed; the message never carries personal data."""


class Conflict(OcmsError):
    """The facts changed while they were being decided on; the decision is to be made again."""


class Unavailable(OcmsError):
    """
    A system OCMS depends on cannot be reached; `which` names it. Try again later.

    `code` is that system's own code of the error, for the log; None where it has none.
    """

    def __init__(self, which: str, code: str | None = None) -> None:
        super().__init__(f"{which} is unavailable")
        self.which = which
        self.code = code


class RowRejected(OcmsError):
    """The database refused one of the rows; recorded again row by row, only that one is lost."""
