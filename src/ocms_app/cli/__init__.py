"""The `ocms` command."""

import getpass
import os
import sys
from collections.abc import Sequence

from cyclopts import App

from ocms_app import version
from ocms_app.demo_package import DEMO_COMMAND
from ocms_core.kernel.actors import Actor, acting
from ocms_core.kernel.lengths import cut

app = App(
    name="ocms",
    help="OCMS: offence case management for parking-offence notices.",
    version=version,
    help_format="plaintext",
)

# Commands are imported when they are called: `ocms --help` need not load the web framework.
COMMANDS = {
    "demo": (
        DEMO_COMMAND,
        "Start a working system with sample data; print credentials and calls to try.",
    ),
    "serve": ("ocms_app.cli.serve:serve", "Serve the API until SIGTERM."),
    "work": ("ocms_app.cli.work:work", "Run the scheduled jobs until SIGTERM."),
    "jobs": ("ocms_app.cli.jobs:app", "List the jobs, run one by hand, show their history, release a lock."),
    "stuck": ("ocms_app.cli.stuck:stuck", "Show the cases that nobody acts on any more."),
    "partner": ("ocms_app.cli.partners:app", "Call OCMS as its partners CAS and PLUS do."),
    "db": ("ocms_app.cli.databases:app", "Create, migrate, check and fill the databases."),
    "keys": (
        "ocms_app.cli.credentials:keys",
        "Issue, list and revoke API keys; make the secrets of the settings.",
    ),
    "access": ("ocms_app.cli.access:access", "Show who has looked up a person."),
    "audit": (
        "ocms_app.cli.audit:app",
        "Show what happened to a notice; check and export the record of all changes.",
    ),
    "token": (
        "ocms_app.cli.tokens:app",
        "Print a bearer token of the development issuer, or say why a token is or is not accepted.",
    ),
    "stages": ("ocms_app.cli.stages:app", "Move notices to another processing stage in bulk."),
    "reverse": (
        "ocms_app.cli.reversals:app",
        "Take back what an officer did to notices today.",
    ),
    "replication": (
        "ocms_app.cli.replication:app",
        "Deliver to the Internet database, compare and repair it.",
    ),
    "explain": (
        "ocms_app.cli.explain:explain",
        "Show what each operation would answer for a notice, and by which rule, or the values of a day.",
    ),
    "check": (
        "ocms_app.cli.check:check",
        "Say what would keep this deployment from working, and what to do.",
    ),
    "settings": ("ocms_app.cli.settings:settings", "Show every setting as it holds now, secrets masked."),
}
for name, (place, sentence) in COMMANDS.items():
    app.command(place, name=name, help=sentence)
app.register_install_completion_command(help="Complete commands and options in your shell from now on.")


def main() -> None:
    """Run the command line; an expected error is one line that says what to do."""
    from ocms_app.cli.errors import run_reporting_errors  # noqa: PLC0415  # see above

    words = sys.argv[1:]
    with acting(command_actor(words)):
        sys.exit(run_reporting_errors(lambda: run(words)))


def run(words: Sequence[str]) -> object:
    """Run the command of these words; its help is its own text, not its line in a list of commands."""
    called = app
    for word in words:
        if word.startswith("-") or word not in called:
            break
        called = called[word]
    if called.default_command:
        called.help = None
    return app(words)


def command_actor(words: Sequence[str]) -> Actor:
    """Return who runs a command, as audit rows name it; of its words only the first, which is no value."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        user = f"user {os.getuid()}"
    command = words[0] if words and words[0] in COMMANDS else ""
    return Actor(cut(user, 50), "command", "-", f"ocms {command}".strip())
