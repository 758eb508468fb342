"""
What runs beside the demo's API: simulators of its partners, a worker, and a walkthrough.

`python -m ocms_demo.demo_services FAULTS` reads its settings as every command does, and ends when its
standard input does.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from attrs import evolve

from ocms_adapters.clock import SystemClock
from ocms_app.databases import open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import JOBS, schedules_in_effect
from ocms_app.scheduler import Worker
from ocms_app.settings import PREFIX, Settings, variable
from ocms_app.startup import startup
from ocms_core.kernel.access import Role
from ocms_core.kernel.errors import OcmsError
from ocms_demo.calls_to_try import (
    EXAMPLE,
    calls,
    credential_variables,
    environment_file,
    write_environment,
)
from ocms_demo.dev_issuer import DevIssuer
from ocms_demo.simulators.cas import CasSimulator, sample_vehicles
from ocms_demo.simulators.certificates import authority
from ocms_demo.simulators.datahive import DataHiveSimulator
from ocms_demo.simulators.fault_injection import InjectedFault
from ocms_demo.simulators.mha import HOST, MhaSimulator
from ocms_demo.simulators.staff_sign_in import StaffSignInSimulator
from ocms_demo.simulators.tokens import TokenSimulator
from ocms_demo.walkthrough import unpaid_list, walkthrough
from ocms_web.authentication.issuers import CallerKind

VEHICLES = 500
CLIENT, SECRET = "PLUS", "demo-secret"
DATAHIVE_TOKEN = "demo-token"  # noqa: S105  # a simulator with made-up people
TOKEN_SECONDS = 60
SET = ("vip_url", "vip_ca", "vip_certificate", "vip_key")
SET_FOR_ADDRESSES = (
    *("mha_host", "mha_port", "mha_key", "mha_known_hosts"),
    *("datahive_url", "datahive_token", "datahive_ca"),
)
BY_HAND = (
    "jobs list",
    "jobs run refresh_vip_vehicle --force",
    "jobs run query_hst_addresses",
    "jobs run send_mha_requests",
    "jobs run receive_mha_responses",
    "jobs run query_datahive",
    "jobs run generate_hst_reports",
    "jobs history",
    "replication status",
    "replication run --once",
    "replication reconcile",
)
SET_FOR_PARTNERS = ("partner_token_url", "partner_client_id", "partner_client_secret")


@contextmanager
def simulated_partners(settings: Settings, faults: list[InjectedFault]) -> Iterator[Settings]:
    """Run the simulators; yield the settings with which they are reached."""
    folder = Path(settings.dev_keys).parent / "demo-tls"
    signer = authority(folder)
    ours = signer.issue("ocms")
    cas = CasSimulator(signer.issue("cas"), signer.file, sample_vehicles(VEHICLES))
    cas.faults.extend(faults)
    issuer = DevIssuer(Path(settings.dev_keys), switched_on=True)

    def sign(client: str, lifetime: int) -> str:
        now = SystemClock().now()
        return issuer.token(client, Role.PLUS, kind=CallerKind.CLIENTS, now=now, lifetime=lifetime)

    mha = MhaSimulator(Path(settings.dev_keys).parent / "demo-mha", SystemClock().now)
    datahive = DataHiveSimulator(signer.issue("datahive"), DATAHIVE_TOKEN)
    keys = issuer.issuers()[0].jwks_file or Path()
    tokens = TokenSimulator({CLIENT: SECRET}, sign, keys, lifetime=TOKEN_SECONDS)
    port = urlsplit(settings.staff_discovery_url).port
    sign_in = StaffSignInSimulator(issuer, SystemClock().now, port=port or 0)
    with ExitStack() as running:
        for simulator in (cas, tokens, mha, datahive, sign_in):
            running.enter_context(simulator.running())
        yield evolve(
            settings,
            vip_url=cas.address,
            vip_ca=str(signer.file.absolute()),
            vip_certificate=str(ours.certificate.absolute()),
            vip_key=str(ours.key.absolute()),
            mha_host=HOST,
            mha_port=mha.port,
            mha_key=str(mha.keys.client_key),
            mha_known_hosts=str(mha.keys.known_hosts),
            datahive_url=datahive.url,
            datahive_token=DATAHIVE_TOKEN,
            datahive_ca=str(signer.file.absolute()),
            partner_token_url=tokens.address,
            partner_client_id=CLIENT,
            partner_client_secret=SECRET,
        )


def variables(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield what another terminal needs: settings of this process and its simulators, and credentials."""
    yield from ((name, value) for name, value in os.environ.items() if name.startswith(PREFIX))
    for name in (*SET, *SET_FOR_ADDRESSES, "partner_url", "partner_api_key", *SET_FOR_PARTNERS):
        yield variable(name), str(getattr(settings, name))
    yield from credential_variables(settings, SystemClock().now())


def print_what_to_try(settings: Settings) -> None:
    """Print calls and commands for another terminal, and last the addresses."""
    partner_commands = (f"partner plus-query {EXAMPLE}", f"partner cas-sync {unpaid_list(settings)}")
    print(f"\nTo try it yourself, in another terminal:\n\n. {environment_file(settings)}\n")
    print(*calls(), sep="\n")
    print("\nThe jobs and the partners' commands:\n")
    print(*(f"ocms {words}" for words in (*BY_HAND, *partner_commands)), sep="\n")
    base = settings.partner_url
    print(f"\nThe API is at {base}, the page to try its calls on at {base}/docs.")
    print(f"The staff pages are at {base}/staff: sign in as one of two officers.")
    print("Ctrl-C ends it.\n", flush=True)


def main(faults: str = "") -> None:
    """Run the simulators, the worker and the walkthrough until standard input ends."""
    injected = [InjectedFault.parse(text) for text in faults.split(",") if text]
    with simulated_partners(startup(), injected) as settings:
        runner = JobRunner(settings, open_databases(settings))
        # The sample is there to be tried as it was loaded: no job makes up for a time before the demo.
        jobs = [evolve(job, catch_up=timedelta(0)) for job in JOBS]
        worker = Worker(runner, jobs, schedules_in_effect(settings))
        thread = Thread(target=worker.work, daemon=True)
        try:
            walkthrough(settings, runner)
        except OcmsError as fault:
            print(f"The walkthrough ended early: {fault}")
        write_environment(environment_file(settings), dict(variables(settings)))
        print_what_to_try(settings)
        thread.start()
        sys.stdin.read()
        runner.stopping.set()
        worker.finish(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
