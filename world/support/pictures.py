"""Printed sheets as pictures: where the borders of cells are, and whether text is cut at one."""

import subprocess
from pathlib import Path

from attrs import frozen
from PIL import Image, ImageChops

DOTS_PER_INCH = 300
# What is printed is black on white, and the lines of a grid are thin; in steps from 0 to 255.
DARK = 160


@frozen
class Borders:
    """The places of the lines between columns and between rows, in pixels from the left and from above."""

    columns: list[int]
    rows: list[int]


def picture(pdf: Path) -> Image.Image:
    """Return the first page of a PDF file in shades of grey."""
    target = pdf.with_suffix("")
    resolution = str(DOTS_PER_INCH)
    subprocess.run(["pdftoppm", "-r", resolution, "-gray", "-png", "-singlefile", pdf, target], check=True)
    with Image.open(target.with_suffix(".png")) as page:
        return page.convert("L")


def borders(plain: Image.Image, ruled: Image.Image) -> Borders:
    """Return the lines by which a page with its grid differs from the same page without."""
    grid = ImageChops.difference(plain, ruled)
    width, height = grid.size
    across, down = ((width, 1), (1, height))
    return Borders(*(lines(grid.resize(size, Image.Resampling.BOX).tobytes()) for size in (across, down)))


def lines(means: bytes) -> list[int]:
    """Return where a grid is far darker on average than elsewhere; a line two pixels wide counts once."""
    dark = [place for place, mean in enumerate(means) if mean > 0.4 * max(means)]
    return [place for place in dark if place - 1 not in dark]


def cut_at(plain: Image.Image, where: Borders) -> Borders:
    """
    Return the right and lower borders of cells with ink on them or in the pixel before.

    A cell keeps its text three pixels or more away from its borders; text that is cut goes up to one.
    """
    width, height = plain.size
    columns = [x for x in where.columns if has_ink(plain.crop((x - 1, 0, x + 1, height)))]
    return Borders(columns, [y for y in where.rows if has_ink(plain.crop((0, y - 1, width, y + 1)))])


def has_ink(strip: Image.Image) -> bool:
    """Return whether a pixel of a strip is dark."""
    return min(strip.tobytes()) < DARK
