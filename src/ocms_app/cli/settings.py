"""`ocms settings`."""

from ocms_app.settings import MEANINGS, effective, variable
from ocms_app.startup import startup


def settings() -> None:
    """Show every setting as it holds now, passwords masked, and what it is for."""
    shown = effective(startup())
    for name, meaning in MEANINGS.items():
        print(f"# {meaning}")
        print(f"{variable(name)}={shown[variable(name)]}")
