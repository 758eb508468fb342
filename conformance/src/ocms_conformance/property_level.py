"""The property level: laws of the calls, and random sequences of them, as results of a report."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from attrs import evolve

from ocms_conformance.case import Case, all_rules
from ocms_conformance.curl_script import curl_script
from ocms_conformance.finding import Found, find
from ocms_conformance.invariants import INVARIANTS
from ocms_conformance.law import Law, attempt
from ocms_conformance.laws import LAWS
from ocms_conformance.random_sequences import Sequences
from ocms_conformance.reference_data import fee_rows, read_reference_data
from ocms_conformance.results import Outcome, Result
from ocms_conformance.rows import PutRows
from ocms_conformance.runner import Runner

LAW_FILE, SEQUENCE_FILE = "laws", "sequences"
NO_DATABASE = "it needs rows, and the target gives no database"


def run_property_level(
    runner: Runner, *, examples: int, seed: int, rules: Collection[str] = (), files: Collection[str] = ()
) -> Iterator[Result]:
    """
    Yield the result of each law, then of each invariant of the sequences.

    `examples` of each law, and so many sequences, are made, the same ones for the same `seed`. `rules` and
    `files` (`laws`, `sequences`) choose some.
    """
    with with_fees(runner):
        for law in LAWS:
            if is_chosen(law.rule, LAW_FILE, rules, files):
                yield result_of_law(runner, law, examples, seed)
        chosen = [
            number
            for number, each in enumerate(INVARIANTS)
            if is_chosen(each.rule, SEQUENCE_FILE, rules, files)
        ]
        yield from results_of_sequences(runner, chosen, examples, seed)


def is_chosen(of: Collection[str], file: str, rules: Collection[str], files: Collection[str]) -> bool:
    """Return whether a law or invariant is among those asked for."""
    return (not rules or bool(set(rules) & set(of))) and (not files or file in files)


@contextmanager
def with_fees(runner: Runner) -> Iterator[None]:
    """Have the two fees in the target's parameters for as long as the block lasts, if it allows that."""
    if runner.database is None or not runner.target.reference_data:
        yield
        return
    put = PutRows(runner.database)
    try:
        put.put(fee_rows(), {})
        yield
    finally:
        put.take_back(())


def result_of_law(runner: Runner, law: Law, examples: int, seed: int) -> Result:
    """Return what became of a law."""
    began = time.monotonic()
    if law.needs_rows and runner.database is None:
        return Result(case_of(LAW_FILE, law.rule, law.name), Outcome.NOT_TRIED, NO_DATABASE)
    found = find(law.drawn, lambda drawn: attempt(runner, law, drawn), examples=examples, number=seed)
    return as_result(runner, case_of(LAW_FILE, law.rule, law.name), found, time.monotonic() - began)


def results_of_sequences(
    runner: Runner, chosen: Collection[int], examples: int, seed: int
) -> Iterator[Result]:
    """Yield what became of each chosen invariant."""
    cases = {each: case_of(SEQUENCE_FILE, INVARIANTS[each].rule, INVARIANTS[each].name) for each in chosen}
    if runner.database is None:
        yield from (Result(case, Outcome.NOT_TRIED, NO_DATABASE) for case in cases.values())
        return
    sequences = Sequences(runner, read_reference_data(runner.database))
    began = time.monotonic()
    results = []
    for each, found in sequences.run(chosen, examples, seed):
        results.append(as_result(runner, cases[each], found, time.monotonic() - began))
        began = time.monotonic()
    left_out = tuple(f"{many} calls of sequences left out: {why}" for why, many in sequences.not_made.items())
    results[:1] = [evolve(each, remarks=left_out) for each in results[:1]]
    yield from results


def as_result(runner: Runner, case: Case, found: Found, seconds: float) -> Result:
    """Return what became of the examples of a law or invariant."""
    if found.failure:
        failure = found.failure
        heading = [f"{' '.join(case.rule)}: {case.name}"]
        script = curl_script(
            heading,
            failure.steps,
            failure.differences,
            runner.database,
            failure.numbers,
            shared=fee_rows() if runner.target.reference_data else {},
        )
        return Result(case, Outcome.FAILED, "", failure.differences, seconds=seconds, script=script)
    if found.not_tried or not found.examples:
        many = f" (after {found.examples} examples)" if found.examples else ""
        reason = found.not_tried or "no example could be made"
        return Result(case, Outcome.NOT_TRIED, f"{reason}{many}", seconds=seconds)
    return Result(case, Outcome.PASSED, seconds=seconds)


def case_of(file: str, rule: Collection[str], name: str) -> Case:
    """Return a law or an invariant as the report names a case, in the section of its first rule."""
    first = next(iter(rule))
    section = next((each.section for each in all_rules() if each.id == first), "")
    return Case(file=file, rule=list(rule), section=section, name=name, fresh={}, calls=[])
