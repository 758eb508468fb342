"""`ocms settings`."""

from ocms_app.cli.listing import AsJson, show_list
from ocms_app.settings import MEANINGS, effective, variable
from ocms_app.startup import startup


def settings(*, as_json: AsJson = False) -> None:
    """Show every setting as it holds now, passwords masked, and what it is for."""
    shown = effective(startup())
    if as_json:
        rows = ((variable(name), shown[variable(name)], meaning) for name, meaning in MEANINGS.items())
        show_list(("setting", "value", "meaning"), rows, as_json=True)
        return
    for name, meaning in MEANINGS.items():
        print(f"# {meaning}")
        print(f"{variable(name)}={shown[variable(name)]}")
