"""
A plugin of pytest: the project's own tests on Debian's PostgreSQL, in databases that sort by ICU.

`pytest -p world.on_icu -k postgresql tests/ports/sql` runs them so. The PostgreSQL of the tests has no ICU.
"""

from world.support.collations import create_databases

# As people in Singapore sort: "a" before "B".
create_databases(locale="LOCALE_PROVIDER icu ICU_LOCALE 'en-SG' LOCALE 'C'")
