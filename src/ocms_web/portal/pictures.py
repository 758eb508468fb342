"""
Pictures of the staff page as SVG: bar charts of the dashboard, and a notice's stages.

Drawn with the standard library: pygal writes `<style>` and `style=`, which the page's policy forbids, and
svg.py escapes nothing. Colours are attributes, and no meaning is in a colour alone: each part bears its
number, and a table of the same figures stands beside each chart. A reader hears title and description.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

from ocms_core.kernel.stages import STAGES
from ocms_core.kernel.value_objects import value_object
from ocms_core.stages.possible_moves import PossibleMove

WIDTH = 360
"""The width in units; a unit is a pixel on the narrowest screen the page is made for."""

TEXT, PALE, LINE, GROUND = "#1a1a1a", "#4a4a4a", "#8a8a8a", "#ffffff"
PART_COLOURS = ("#0b5cad", "#a84b00", "#1b7a3d", "#6b3fa0", "#555555")
"""White text on each has a contrast of at least 4.5 to 1."""

LETTER = 6.4
"""About the width of a digit, in units, at the usual size."""

LABEL_LETTER = 8.0
"""About the width of a capital."""

LONGEST_LABEL = 16
MOST_PASSED = 8
DAY = "%-d %b %Y"


@value_object
class Bar:
    """A bar with the numbers of its parts, as many as the chart has."""

    label: str
    parts: tuple[int, ...]

    @property
    def total(self) -> int:
        """The sum of its parts."""
        return sum(self.parts)


@value_object
class PassedStage:
    """A stage a notice was in, and the day it entered it, where that is known."""

    stage: str
    entered: date | None = None


@value_object
class StagesOfNotice:
    """
    Where a notice was, the earliest first, where it is, what is payable, and where it may go.

    `due` is the day of the planned move.
    """

    passed: tuple[PassedStage, ...]
    current: PassedStage
    payable: Decimal | None
    moves: tuple[PossibleMove, ...]
    due: date | None = None


class Canvas:
    """An SVG image that grows downwards; `name` makes its ids the page's own."""

    def __init__(self, name: str, title: str, description: str) -> None:
        self.root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg"})
        self.root.set("role", "img")
        self.root.set("aria-labelledby", f"{name}-title {name}-description")
        for element, text in (("title", title), ("desc", description)):
            identifier = f"{name}-{'title' if element == 'title' else 'description'}"
            ET.SubElement(self.root, element, {"id": identifier}).text = text

    def add(self, element: str, **attributes: object) -> ET.Element:
        """Add an element and return it; `_` in a name stands for `-`."""
        written = {name.replace("_", "-"): number_text(value) for name, value in attributes.items()}
        return ET.SubElement(self.root, element, written)

    def text(self, x: float, y: float, text: str, **attributes: object) -> None:
        """Write a line of text; `y` is its base line."""
        usual: dict[str, object] = {"font_size": 12, "fill": TEXT, "font_family": "inherit"}
        self.add("text", x=x, y=y, **usual | attributes).text = text

    def finish(self, height: float) -> str:
        """Return the image as text."""
        self.root.set("viewBox", f"0 0 {WIDTH} {number_text(height)}")
        return ET.tostring(self.root, encoding="unicode")


def number_text(value: object) -> str:
    """Write the value of an attribute, lengths to a tenth of a unit."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def bar_chart(name: str, title: str, series: Sequence[str], bars: Sequence[Bar]) -> str:
    """
    Return a chart of horizontal bars, each in parts that are named by `series`, at most five.

    Bars are to one scale. A part that is too narrow for its number bears none; the total stands at the end.
    """
    described = [
        f"{bar.label}: {bar.total:,} ({', '.join(part_texts(bar, series))})" for bar in bars if bar.total
    ]
    canvas = Canvas(name, title, ". ".join(described) or "There is nothing to show.")
    top = legend(canvas, series) if len(series) > 1 else 4.0
    left = 14 + LABEL_LETTER * max((len(shortened(bar.label)) for bar in bars), default=0)
    most = max((bar.total for bar in bars), default=0)
    scale = (WIDTH - left - 14 - LETTER * len(f"{most:,}")) / max(most, 1)
    for bar in bars:
        canvas.text(left - 6, top + 15, shortened(bar.label), text_anchor="end")
        end = draw_parts(canvas, bar, left, top, scale)
        canvas.text(end + 5, top + 15, f"{bar.total:,}", font_weight="bold")
        top += 26
    if not bars:
        canvas.text(0, top + 15, "There is nothing to show.")
        top += 26
    return canvas.finish(top + 2)


def shortened(label: str) -> str:
    """Return a label as there is room for it."""
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}\u2026"


def part_texts(bar: Bar, series: Sequence[str]) -> list[str]:
    """Return the parts of a bar in words, those of nothing left out."""
    return [f"{part:,} {what}" for part, what in zip(bar.parts, series, strict=True) if part]


def legend(canvas: Canvas, series: Sequence[str]) -> float:
    """Draw what each colour stands for, side by side where there is room; return where that ends."""
    x, y = 0.0, 4.0
    for colour, what in zip(PART_COLOURS, series, strict=False):
        width = 30 + sum(LABEL_LETTER if letter.isupper() else LETTER for letter in what)
        if x and x + width > WIDTH:
            x, y = 0.0, y + 18
        canvas.add("rect", x=x, y=y, width=12, height=12, fill=colour)
        canvas.text(x + 16, y + 10, what)
        x += width
    return y + 24


def draw_parts(canvas: Canvas, bar: Bar, left: float, top: float, scale: float) -> float:
    """Draw the parts of a bar from left to right, and return where it ends."""
    for part, colour in zip(bar.parts, PART_COLOURS, strict=False):
        width, written = part * scale, f"{part:,}"
        if not part:
            continue
        # A hair of the ground parts neighbours; what is there is never too small to be seen.
        canvas.add("rect", x=left, y=top, width=max(width - 1, 1), height=20, fill=colour)
        if len(bar.parts) > 1 and width > LETTER * len(written) + 6:
            canvas.text(left + width / 2, top + 14, written, fill=GROUND, text_anchor="middle", font_size=11)
        left += width
    return left


def stages_picture(name: str, stages: StagesOfNotice) -> str:
    """
    Return the stages of a notice from top to bottom: where it was, where it is, and where it may go.

    Each stage has its meaning, those passed the day they were entered, those to come what is payable then,
    how long they last, and who may move the notice there.
    """
    passed = stages.passed[-MOST_PASSED:]
    canvas = Canvas(name, f"The stages of the notice, now {stages.current.stage}", in_words(stages))
    y = 6.0
    if len(stages.passed) > len(passed):
        canvas.text(30, y + 12, f"and {len(stages.passed) - len(passed)} earlier ones", fill=PALE)
        y += 24
    for each in passed:
        canvas.add("line", x1=12, y1=y + 8, x2=12, y2=y + 44, stroke=LINE, stroke_width=2)
        canvas.add("circle", cx=12, cy=y + 8, r=6, fill=GROUND, stroke=LINE, stroke_width=2)
        write_stage(canvas, 30, y + 12, each.stage, fill=PALE)
        canvas.text(30, y + 27, entered_text(each), fill=PALE, font_size=11)
        y += 38
    if stages.moves:
        canvas.add(
            "line", x1=12, y1=y + 20, x2=12, y2=y + 28 + 42 * len(stages.moves), stroke=LINE, stroke_width=2
        )
    canvas.add("rect", x=1, y=y, width=WIDTH - 2, height=44, rx=4, fill=PART_COLOURS[0])
    canvas.add("circle", cx=12, cy=y + 16, r=6, fill=GROUND)
    write_stage(canvas, 30, y + 19, stages.current.stage, fill=GROUND)
    here = ", ".join(filter(None, ("now", entered_text(stages.current), payable_text(stages.payable))))
    canvas.text(30, y + 36, here, fill=GROUND, font_size=11)
    y += 56
    for move in stages.moves:
        draw_move(canvas, move, stages.due, y)
        y += 42
    return canvas.finish(y + 2)


def draw_move(canvas: Canvas, move: PossibleMove, due: date | None, y: float) -> None:
    """Draw a stage that may be next; the planned one is drawn strong, one not open to officers dashed."""
    dashes = {} if move.by_officer or move.planned else {"stroke_dasharray": "3 3"}
    colour = PART_COLOURS[0] if move.planned else LINE
    canvas.add("path", d=f"M12 {y + 14:.0f}H34", stroke=colour, stroke_width=2, fill="none", **dashes)
    canvas.add("path", d=f"M30 {y + 9:.0f}l7 5l-7 5z", fill=colour)
    write_stage(canvas, 44, y + 12, move.stage)
    canvas.text(44, y + 27, move_text(move, due), fill=PALE, font_size=11)


def write_stage(canvas: Canvas, x: float, y: float, stage: str, **attributes: object) -> None:
    """Write a stage, and beside it what it means."""
    canvas.text(x, y, stage, font_weight="bold", **attributes)
    canvas.text(x + 38, y, STAGES.get(stage, ""), font_size=11, **attributes)


def meaning(stage: str) -> str:
    """Return a stage with what it means."""
    return f"{stage} {STAGES[stage]}" if stage in STAGES else stage


def entered_text(passed: PassedStage) -> str:
    """Return since when a stage was entered."""
    return f"since {passed.entered.strftime(DAY)}" if passed.entered else ""


def payable_text(amount: Decimal | None) -> str:
    """Return what is payable, in words."""
    return "" if amount is None else f"{amount:,.2f} payable"


def move_text(move: PossibleMove, due: date | None) -> str:
    """Return when or by whom a notice may move to a stage, and at what cost."""
    when = f"on {due.strftime(DAY)}" if due else "as planned"
    ways = (when if move.planned else "", "by an officer" if move.by_officer else "")
    cost = f"{move.missing_fee} is not set" if move.missing_fee else payable_text(move.amount)
    return f"{' or '.join(filter(None, ways)) or 'not by an officer'}: {cost or 'as now'}, {move.days} days"


def in_words(stages: StagesOfNotice) -> str:
    """Return what the picture shows, for those who do not see it."""
    was = [" ".join(filter(None, (each.stage, entered_text(each)))) for each in stages.passed]
    current = stages.current
    now = ", ".join(
        filter(None, (meaning(current.stage), entered_text(current), payable_text(stages.payable)))
    )
    next_ones = [f"{meaning(move.stage)}: {move_text(move, stages.due)}" for move in stages.moves]
    parts = (
        f"It was in {', '.join(was)}." if was else "",
        f"It is in {now}.",
        f"It may go to {'; '.join(next_ones)}." if next_ones else "It goes nowhere from there.",
    )
    return " ".join(filter(None, parts))
