"""Transition: what the contracts that have no shapes yet share."""

from typing import Any

from ocms_core.kernel.access import OPERATIONS, Limit, Operation

Schema = dict[str, Any]
LIMITS = {operation: policy.limit for operation, policy in OPERATIONS.items()}


def record(**fields: Schema) -> Schema:
    """Describe an object all of whose fields are present."""
    return {"type": "object", "required": list(fields), "properties": fields}


def listed(item: Schema) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": item}


def rate(limit: Limit) -> str:
    """Say nothing: the limit is told for every operation alike."""
    del limit
    return ""


__all__ = ["LIMITS", "Operation", "Schema", "listed", "rate", "record"]
