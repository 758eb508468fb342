"""The audit columns of every write (G4)."""

from typing import Any

from ocms_adapters.sql.schema.intranet import AUDIT_USER


def creation_stamp(at: Any) -> dict[str, Any]:
    """Return who adds a row of the Intranet database, and when: a value or an expression."""
    return {"cre_date": at, "cre_user_id": AUDIT_USER}


def change_stamp(at: Any, user: str = AUDIT_USER) -> dict[str, Any]:
    """Return who changes a row, and when: a value or an expression."""
    return {"upd_date": at, "upd_user_id": user}
