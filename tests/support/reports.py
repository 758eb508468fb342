"""Workbooks to keep in a report store."""

from collections.abc import Iterator

from ocms_core.kernel.sheets import Column, Sheet

NAME = "change-stage/ChangeStageReport_20250115_USER01.xlsx"


def sheet(*texts: str) -> Sheet:
    """Return a sheet with a row for each text."""
    return Sheet("Report", (Column("Name"),), ((text,) for text in texts))


def failing() -> Sheet:
    """Return a sheet whose rows fail half way."""

    def rows() -> Iterator[tuple[str]]:
        yield ("A",)
        raise RuntimeError

    return Sheet("Report", (Column("Name"),), rows())
