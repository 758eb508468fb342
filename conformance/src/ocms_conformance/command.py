"""The command `ocms-conformance`."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ocms_conformance.case import AnyCase, all_cases, all_job_cases, all_rules
from ocms_conformance.mock import mock_server
from ocms_conformance.property_level import run_property_level
from ocms_conformance.reports import Report, as_junit, as_page, as_text
from ocms_conformance.results import Result
from ocms_conformance.runner import opened
from ocms_conformance.target import read_target


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0 when nothing failed, 1 when something did, 2 when nothing could be tried."""
    parser = argparse.ArgumentParser(prog="ocms-conformance", description="Test an OCMS by its URL.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run the cases against a target")
    run.add_argument("--target", type=Path, required=True, help="its address and credentials: a TOML file")
    run.add_argument("--rule", action="append", default=[], help="only what is of this rule; may be repeated")
    run.add_argument(
        "--file",
        action="append",
        default=[],
        help="only cases of this file, `laws` or `sequences`; may be repeated",
    )
    run.add_argument(
        "--level",
        choices=("cases", "property", "all"),
        default="cases",
        help="the cases (as printed from the specification), the laws and random sequences, or both",
    )
    run.add_argument("--examples", type=int, default=25, help="of each law, and so many sequences")
    run.add_argument("--seed", type=int, default=1, help="the same one makes the same examples")
    run.add_argument("--junit", type=Path, help="write the report as JUnit XML too")
    run.add_argument("--page", type=Path, help="write the report as an HTML page too")
    mock = commands.add_parser("mock", help="serve the examples of the contracts")
    mock.add_argument("--host", default="127.0.0.1")
    mock.add_argument("--port", type=int, default=8080, help="0 for one that is free")
    options = parser.parse_args(arguments)
    return serve_examples(options) if options.command == "mock" else run_cases(options)


def run_cases(options: argparse.Namespace) -> int:
    """Run cases, laws and sequences, as asked, and write the report."""
    target = read_target(options.target)

    def chosen(case: AnyCase) -> bool:
        fits_rule = not options.rule or not {*options.rule}.isdisjoint(case.rule)
        return fits_rule and (not options.file or case.file in options.file)

    results: list[Result] = []
    with opened(target) as runner:
        if options.level != "property":
            results += runner.run(filter(chosen, all_cases()))
            results += runner.run_jobs(filter(chosen, all_job_cases()))
        if options.level != "cases":
            results += run_property_level(
                runner,
                examples=options.examples,
                seed=options.seed,
                rules=options.rule,
                files=options.file,
            )
    report = Report(target.url, all_rules(), results)
    print(as_text(report), end="")  # what the command is for
    if options.junit:
        options.junit.write_bytes(as_junit(report))
    if options.page:
        options.page.write_text(as_page(report), encoding="utf-8")
    if report.failed:
        return 1
    return 0 if any(result.outcome.value == "passed" for result in report.results) else 2


def serve_examples(options: argparse.Namespace) -> int:
    """Serve the examples until interrupted."""
    with mock_server(all_cases(), options.host, options.port) as server:
        print(f"Examples on http://{options.host}:{server.server_address[1]}", flush=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
