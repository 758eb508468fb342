"""The extras of the package, and what to install without one; imports nothing that may be missing."""

# The extra that brings a module, by the name of the module.
EXTRAS = {
    "psycopg": "server,postgres",
    "psycopg_pool": "server,postgres",
    "mssql_python": "server,mssql",
    "procrastinate": "server,queue",
    "azure": "server,azure",
}
MOST = "server"


def missing_extra(missing: ImportError) -> str:
    """Return what to install for a module that is not there."""
    module = (missing.name or "").partition(".")[0]
    return f"{module or missing} is not installed; install ocms[{EXTRAS.get(module, MOST)}]"
