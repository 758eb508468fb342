"""A served OCMS as a target of the conformance kit."""

from collections.abc import Iterator
from itertools import count

from ocms_adapters.sql.credentials import SqlCredentials
from ocms_app.cli.jobs import HELD
from ocms_conformance.target import Credential, JobCommand, Target
from ocms_core.kernel.access import Role
from ocms_core.kernel.credentials import CLIENT_ROLES
from ocms_demo.dev_issuer import DevIssuer
from ocms_web.authentication.issuers import ROLES, CallerKind
from tests.support.http_server import OCMS, Deployment, Served, now

NAMES = count(1)


def target_of(served: Served, *, rows: bool = True, callers: int = 40) -> Target:
    """Return a running system with credentials of every role, and its database if `rows`."""
    deployment = served.deployment
    return Target(
        url=str(served.http.base_url),
        database=deployment.databases.intranet if rows else None,
        credentials=list(credentials(deployment, callers)),
        jobs=jobs_of(deployment) if rows else None,
    )


def jobs_of(deployment: Deployment) -> JobCommand:
    """Return how a job is run on a deployment: by hand, as an operator does."""
    ours = {
        name: value
        for name, value in deployment.environment(reports=deployment.folder / "reports").items()
        if name.startswith("OCMS_")
    }
    return JobCommand(
        command=[OCMS, "jobs", "run", "{job}"],
        folder=str(deployment.folder),
        environment=ours,
        timeout_seconds=60,
        not_begun=HELD,
    )


def credentials(deployment: Deployment, callers: int) -> Iterator[Credential]:
    """Issue keys for every role that may have one, and sign tokens for every role."""
    keys = SqlCredentials(deployment.engine)
    issuer = DevIssuer(deployment.folder / "dev", switched_on=True)
    for _ in range(callers):
        for role in Role:
            name = f"TESTER{next(NAMES)}"
            kind = CallerKind.STAFF if role in ROLES[CallerKind.STAFF] else CallerKind.CLIENTS
            yield Credential(role.value, "token", issuer.token(name, role, kind=kind, now=now()), name)
            if role in CLIENT_ROLES:
                yield Credential(role.value, "key", keys.issue(name, role, now=now(), days=1), name)


def as_toml(target: Target) -> str:
    """Write a target as its file has it."""
    lines = [f'url = "{target.url}"']
    if target.database is not None:
        lines.append(f'database = "{target.database}"')
    for each in target.credentials:
        fields = {"role": each.role, "kind": each.kind, "value": each.value, "name": each.name}
        lines += ["", "[[credentials]]", *(f'{name} = "{value}"' for name, value in fields.items())]
    if target.jobs is not None:
        words = ", ".join(f'"{word}"' for word in target.jobs.command)
        lines += ["", "[jobs]", f"command = [{words}]", f'folder = "{target.jobs.folder}"']
        lines += [f"timeout_seconds = {target.jobs.timeout_seconds}", f"not_begun = {target.jobs.not_begun}"]
        lines += ["[jobs.environment]"]
        lines += [f'{name} = "{value}"' for name, value in target.jobs.environment.items()]
    return "\n".join(lines) + "\n"
