"""`ocms settings`."""

from ocms_app.cli.listing import AsJson, show_list
from ocms_app.settings import MEANINGS, OF_FILE, effective, shown_name
from ocms_app.startup import startup


def settings(*, as_json: AsJson = False) -> None:
    """Show every setting as it holds now, passwords masked, and what it is for."""
    shown = effective(startup())
    if as_json:
        rows = ((shown_name(name), shown[shown_name(name)], meaning) for name, meaning in MEANINGS.items())
        show_list(("setting", "value", "meaning"), rows, as_json=True)
        return
    for name, meaning in MEANINGS.items():
        print(f"# {meaning}")
        place = shown_name(name)
        print(f"# {place} {shown[place]}" if name in OF_FILE else f"{place}={shown[place]}")
