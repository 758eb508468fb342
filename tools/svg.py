"""The parts of an SVG drawing, legible on a light and on a dark page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

from attrs import frozen

STYLE = """\
<style>
.page { fill: #ffffff } text { fill: #1f2328; font: 13px sans-serif; text-anchor: middle }
text.head { font-weight: bold } text.left { text-anchor: start } text.small { font-size: 11px }
.box { fill: #ffffff; stroke: #59636e } .line { stroke: #59636e; stroke-width: 1.5; fill: none }
.tip { fill: #59636e } .cell { stroke: #d1d9e0 } .none { fill: #f6f8fa } .blue { fill: #ddf4ff }
.white { fill: #ffffff } .yellow { fill: #fff1c2 } .red { fill: #ffdcd7 }
@media (prefers-color-scheme: dark) {
.page, .box, .white { fill: #0d1117 } text { fill: #f0f6fc } .box, .line { stroke: #9198a1 }
.tip { fill: #9198a1 } .cell { stroke: #3d444d } .none { fill: #1b222c } .blue { fill: #0c2d4d }
.yellow { fill: #4b3905 } .red { fill: #5d1f1a }
}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>"""


def drawing(width: int, height: int, title: str, parts: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a whole drawing; sizes are in pixels."""
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">'
    )
    yield f"<title>{escape(title)}</title>"
    yield STYLE
    yield rectangle(0, 0, width, height, "page")
    yield from parts
    yield "</svg>"


def text(x: float, y: float, words: str, style: str = "") -> str:
    """Return a line of text on a base line, around `x` unless its style is `left`."""
    return f'<text x="{x:g}" y="{y:g}" class="{style}">{escape(words)}</text>'


def rectangle(x: float, y: float, width: float, height: float, style: str) -> str:
    """Return a rectangle."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" class="{style}"/>'


def arrow(x: float, y: float, to_x: float, to_y: float, label: str) -> Iterator[str]:
    """Yield an arrow with a label above it, or beside it where it leads up or down."""
    yield f'<path d="M{x:g} {y:g} {to_x:g} {to_y:g}" class="line" marker-end="url(#tip)"/>'
    if label:
        shift = 14 if to_y != y else 0
        yield text((x + to_x) / 2 + shift, (y + to_y) / 2 + (11 if to_y < y else -7), label, "small")


@frozen
class Table:
    """A table of what leads from the name of a row to that of a column: lines and style of each cell."""

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Mapping[tuple[str, str], tuple[Sequence[str], str]]
    head: int
    width: int
    height: int

    def drawn(self, left: float, top: float) -> Iterator[str]:
        """Yield the table with its upper left corner at a place; `head` is the width of the row names."""
        yield text(left + self.head / 2, top + 20, "from / to", "small")
        for place, name in enumerate(self.columns):
            yield text(left + self.head + self.width * (place + 0.5), top + 20, name, "head")
        for line, row in enumerate(self.rows):
            y = top + 30 + self.height * line
            yield text(left + self.head / 2, y + self.height / 2 + 5, row, "head")
            for place, column in enumerate(self.columns):
                x = left + self.head + self.width * place
                words, style = self.cells.get((row, column), ((), "none"))
                yield rectangle(x, y, self.width, self.height, f"cell {style}")
                lines = [each for each in words if each]
                first = y + self.height / 2 + 4 - 7.5 * (len(lines) - 1)
                for number, each in enumerate(lines):
                    yield text(x + self.width / 2, first + 15 * number, each, "small")
