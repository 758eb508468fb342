"""What the `ocms` command starts with: without the extra that brings its packages it says what to install."""

import gc
import sys

from ocms_app.extras import missing_extra


def main() -> None:
    """Run the command line."""
    gc.disable()  # until all is loaded, of which nothing is garbage; `startup` goes on from there
    try:
        from ocms_app.cli import main as run  # noqa: PLC0415  # may not be there
    except ModuleNotFoundError as missing:
        sys.exit(missing_extra(missing))
    run()


if __name__ == "__main__":
    main()
