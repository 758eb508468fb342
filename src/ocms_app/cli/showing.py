"""`ocms settings`."""

from ocms_app.beginning import begun
from ocms_app.settings import MEANINGS, effective, variable


def settings() -> None:
    """Show every setting as it holds now, passwords masked, and what it is for."""
    shown = effective(begun())
    for name, meaning in MEANINGS.items():
        print(f"# {meaning}")
        print(f"{variable(name)}={shown[variable(name)]}")
