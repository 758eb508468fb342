"""
Print docs/stages.svg and docs/suspensions.svg from the explored space of a notice.

`python -m tools.diagrams` writes them; with `--check` it fails when a committed file differs. Which moves
there are, who makes them and what they cost is read off the edges; only the places are fixed.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping

from ocms_core.kernel.stages import STAGES
from tests.spec.state_space.exploring import Edge, explore
from tests.spec.state_space.operations import Call
from tests.spec.state_space.outside import PAYMENT, Event
from tests.spec.state_space.spaces import STAGES_AND_MONEY, SUSPENSIONS
from tests.spec.state_space.states import COMPOSITION_ALONE, WITH_ADMIN_FEE, WITH_SURCHARGE, State
from tools.reference_page import DOCS, write_page
from tools.svg import Table, arrow, drawing, rectangle, text

Movers = Mapping[tuple[str, str], set[str]]
"""Who leads from one to another."""

LETTERS = {"officer": "O", "PLUS": "P", "Toppan": "T", "furnish": "F", "redirect": "R", "CAS": "C"}
STAYS = "stays"
COSTS: Mapping[str | None, tuple[str, str, str]] = {
    COMPOSITION_ALONE: ("blue", "", "composition amount"),
    WITH_ADMIN_FEE: ("yellow", "+A", "+A: composition amount and ADMIN_FEE"),
    WITH_SURCHARGE: ("red", "+S", "+S: composition amount and SURCHARGE"),
    STAYS: ("white", "=", "=: as before"),
}
"""Colour, sign and meaning of what is payable after a move."""
PLACES: Mapping[str, tuple[int, int]] = {
    "NPA": (0, 0),
    "ROV": (1, 0),
    "ENA": (1, 1),
    **{stage: (2 + place, 0) for place, stage in enumerate(("RD1", "RD2", "RR3"))},
    **{stage: (2 + place, 2) for place, stage in enumerate(("DN1", "DN2", "DR3"))},
    "CPC": (5, 1),
}
"""Column and row of each stage that a print run leaves or enters."""
SUSPENSION_WORDS = (
    "TS-UNC stands for the temporary suspensions of other systems, TS and PS for a type without a reason,",
    "which CAS may give. New notices and renewal are the nightly HST jobs. What is paid stays so.",
)
SHOWN = ("nothing", "TS-HST", "TS-UNC", "TS", "PS of CAS", "PS", "paid")


def stage_moves() -> tuple[Movers, Mapping[tuple[str, str], str | None]]:
    """Return who moves a notice from stage to stage, and what is payable then, unless CAS moved it."""
    movers: dict[tuple[str, str], set[str]] = defaultdict(set)
    amounts: dict[tuple[str, str], set[tuple[str | None, str | None]]] = defaultdict(set)

    def observe(edge: Edge) -> None:
        before, after, call = edge.before, edge.after, edge.call
        assigned = call.capability == "offenders" and call.about[0] != "update" and after is not before
        if after.stage != before.stage or assigned:
            pair = before.stage, after.stage
            movers[pair].add(str(call.about[0]) if assigned else call.capability)
            if call.capability != "CAS":
                amounts[pair].add((before.amount, after.amount))

    explore(STAGES_AND_MONEY, of_an_edge=[observe], keep_steps=False)
    costs: dict[tuple[str, str], str | None] = {}
    for pair in movers:
        if all(was == now for was, now in amounts[pair]):
            costs[pair] = STAYS
        else:
            (costs[pair],) = {now for _, now in amounts[pair]}
    return movers, costs


def shown(state: State) -> str:
    """Return what a row shows, by its name in the diagram."""
    kind, reason = state.row[:2]
    if state.paid or kind is None:
        return "paid" if state.paid else "nothing"
    if reason is None:
        return kind
    return "PS of CAS" if kind == "PS" else f"{kind}-{reason}"


def suspension_moves() -> Movers:
    """Return who changes what a row shows."""
    found = explore(SUSPENSIONS)
    movers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for state, steps in zip(found.states, found.leads_to, strict=True):
        for number, step in steps:
            before, after = shown(state), shown(found.states[number])
            if before != after:
                movers[before, after].add(suspender(step))
    return movers


def suspender(step: Call | Event) -> str:
    """Return who suspends or revives, by its name in the diagram."""
    if isinstance(step, Event):
        return "payment" if step is PAYMENT else "other system"
    return step.capability if step.capability == "CAS" else str(step.about[0])


def plan(movers: Movers, costs: Mapping[tuple[str, str], str | None], top: int) -> Iterator[str]:
    """Yield the way that print runs lead, and the way into court."""
    places = {stage: (24 + 128 * x, top + 50 * y) for stage, (x, y) in PLACES.items()}
    for pair, who in movers.items():
        if "Toppan" in who:
            (x, y), (to_x, to_y) = (places[stage] for stage in pair)
            yield from arrow(x + 64, y + 15, to_x, to_y + 15, COSTS[costs[pair]][1])
    for stage, (x, y) in places.items():
        yield rectangle(x, y, 64, 30, "box")
        yield text(x + 32, y + 20, stage, "head")
    court = [stage for stage in STAGES if stage not in PLACES]
    into = {who for stage in court for who in movers.get(("CPC", stage), ())}
    x, y = places["CPC"]
    yield from arrow(x + 64, y + 15, x + 140, y + 15, ", ".join(sorted(into)))
    yield rectangle(x + 140, y - 15, 124, 60, "box")
    yield text(x + 202, y + 10, " ".join(court[:3]), "head")
    yield text(x + 202, y + 30, " ".join(court[3:]), "head")


def stage_diagram() -> Iterator[str]:
    """Yield the diagram of stages."""
    movers, costs = stage_moves()
    yield text(24, 30, "Where print runs (Toppan) lead, and what is payable then", "head left")
    yield from plan(movers, costs, 52)
    yield text(24, 218, "Every move there is: who makes it, and what is payable then", "head left")
    words = "O officer, P PLUS, T print run (Toppan), F furnish, R redirect, C CAS, which leaves the amount"
    yield text(24, 242, words, "left")
    for place, (style, _, meaning) in enumerate(COSTS.values()):
        x = 24 + sum((175, 315, 315)[:place])
        yield rectangle(x, 254, 16, 16, f"cell {style}")
        yield text(x + 24, 267, meaning, "left")
    cells = {
        pair: (
            (" ".join(letter for name, letter in LETTERS.items() if name in who), COSTS[costs[pair]][1]),
            COSTS[costs[pair]][0],
        )
        for pair, who in movers.items()
    }
    yield from Table(tuple(STAGES), tuple(STAGES), cells, 62, 58, 36).drawn(14, 278)


def suspension_diagram() -> Iterator[str]:
    """Yield the diagram of suspensions."""
    movers = suspension_moves()
    yield text(24, 30, "What the notice row shows, and who changes it to what", "head left")
    for place, words in enumerate(SUSPENSION_WORDS):
        yield text(24, 54 + 20 * place, words, "left")
    cells = {pair: (sorted(who), "blue") for pair, who in movers.items()}
    yield from Table(SHOWN, SHOWN, cells, 90, 116, 88).drawn(24, 82)


def main(arguments: list[str]) -> int:
    """Write or check both diagrams; return the exit status."""
    stages = drawing(960, 864, "Moves between processing stages", stage_diagram())
    suspensions = drawing(960, 744, "Changes of the suspension shown", suspension_diagram())
    return max(
        write_page(DOCS / "stages.svg", stages, arguments),
        write_page(DOCS / "suspensions.svg", suspensions, arguments),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
