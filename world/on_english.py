"""
A plugin of pytest: the project's own tests in databases that sort as the operating system sorts English.

`pytest -p world.on_english -k postgresql tests/ports/sql` runs them so. Hyphens count last there: `A-C` is
later than `AB`.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from world.support.collations import ENGLISH, create_databases, make_english

folder = Path(tempfile.mkdtemp(prefix="ocms-locale-"))
atexit.register(shutil.rmtree, folder, ignore_errors=True)
folder.chmod(0o755)
make_english(folder)
# The server that is started later finds it by this.
os.environ["LOCPATH"] = str(folder)
create_databases(locale=f"LOCALE '{ENGLISH}'")
