"""
How a spreadsheet shows a number, by the format code of its cell (ECMA-376, part 1, 18.8.30 and 18.8.31).

Only what identifies things is covered: `General`, text, and formats of digits with literal characters around
and between them. Of any other format the shown text is not guessed.
"""

import re
from decimal import ROUND_HALF_UP, Decimal

GENERAL, TEXT = "General", "@"
# The format codes that a workbook does not write down, by their ids; a date where the code is only a kind.
BUILT_IN = {0: GENERAL, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00"}
BUILT_IN |= {12: "# ?/?", 13: "# ??/??", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00"}
BUILT_IN |= {48: "##0.0E+0", 49: TEXT}
BUILT_IN |= dict.fromkeys((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)), "yyyy-mm-dd")

SECTIONS = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\])*')
COLOUR_OR_LOCALE = re.compile(
    r"\[(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d+|\$-[0-9a-f]+)\]", re.IGNORECASE
)
TOKENS = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<width>.)|(?P<digit>[0#?])|(?P<point>\.)|(?P<plain>[-$+() ])'
)
LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.')
DIGIT, POINT, WIDTH = "digit", "point", "width"
ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
DATE_LETTERS = re.compile(r"[dmyhs]", re.IGNORECASE)

SMALLEST = -4
"""The power of ten of the smallest number `General` shows without one."""
WIDEST = 11
"""The digits `General` shows of a whole number; of a larger one it shows a power of ten."""
PRECISION = 15
"""The digits a spreadsheet keeps of a number."""


def is_date_format(code: str) -> bool:
    """Return whether a format shows a number as a date or time."""
    bare = LITERALS.sub("", sections(code)[0])
    if ELAPSED.search(bare):
        return True
    return bare.lower() != GENERAL.lower() and bool(DATE_LETTERS.search(re.sub(r"\[[^\]]*\]", "", bare)))


def sections(code: str) -> list[str]:
    """Split a format code at its semicolons: for positive numbers, negative ones, zero, text."""
    found, place = [], 0
    while True:
        match = SECTIONS.match(code, place)
        end = match.end() if match else place
        found.append(code[place:end])
        if end >= len(code):
            return found
        if code[end] != ";":  # a quotation mark or backslash without an end, of which nothing can be told
            return [*found[:-1], code[place:]]
        place = end + 1


def shown_number(value: Decimal, code: str) -> str | None:
    """Return the text a spreadsheet shows for a number in a format; None where that cannot be told."""
    parts = [COLOUR_OR_LOCALE.sub("", part) for part in sections(code)]
    if value.adjusted() >= PRECISION:
        return None
    if value == 0 and len(parts) > 2:  # noqa: PLR2004  # the third is for zero
        return shown_part(value, parts[2])
    if value < 0 and len(parts) > 1:
        return shown_part(-value, parts[1])
    shown = shown_part(abs(value), parts[0])
    if value >= 0 or shown is None:
        return shown
    # Of a negative number of which no digit is left, programs do not agree on the sign.
    return f"-{shown}" if re.search("[1-9]", shown) else None


def shown_part(value: Decimal, part: str) -> str | None:
    """Return a number of no sign in one section of a format code; None where that cannot be told."""
    if part.strip().lower() == GENERAL.lower() or part == TEXT:
        return general(value)
    if re.search(r"\[", LITERALS.sub("", part)):
        return None
    tokens: list[tuple[str, str]] = []
    place = 0
    while place < len(part):
        match = TOKENS.match(part, place)
        if match is None:
            return None
        kind, place = match.lastgroup or "", match.end()
        tokens.append((kind, " " if kind == WIDTH else match[kind]))
    return filled(value, tokens)


def filled(value: Decimal, tokens: list[tuple[str, str]]) -> str | None:
    """Return a number of no sign in the places of a format; None where that cannot be told."""
    points = [place for place, (kind, _) in enumerate(tokens) if kind == POINT]
    whole, decimals = (tokens[: points[0]], tokens[points[0] :]) if points else (tokens, [])
    after = [text for kind, text in decimals if kind == DIGIT]
    if len(points) > 1 or set(after) - {"0"} or len(after) > PRECISION - WIDEST:
        return None
    rounded = f"{value.quantize(Decimal(1).scaleb(-len(after)), ROUND_HALF_UP):f}"
    integer, _, fraction = rounded.partition(".")
    places = [text for kind, text in whole if kind == DIGIT]
    if points and not places:  # as in `.00`, which shows what there is before the point
        whole = [*whole, (DIGIT, "#")]
    least = places.count("0")
    if set(places[len(places) - least :]) - {"0"}:  # as in `0##`, on which programs do not agree
        return None
    return "".join(
        (*integer_places(whole, integer.lstrip("0").rjust(least, "0")), *fraction_places(decimals, fraction))
    )


def integer_places(tokens: list[tuple[str, str]], digits: str) -> list[str]:
    """Return the tokens before the point with the digits in them; the first place takes all that are left."""
    first = next((place for place, (kind, _) in enumerate(tokens) if kind == DIGIT), None)
    shown: list[str] = []
    for place, (kind, text) in reversed(list(enumerate(tokens))):
        if kind != DIGIT:
            shown.append(text)
        elif place == first:
            shown.append(digits or (" " if text == "?" else ""))
        else:
            shown.append(digits[-1:] or (" " if text == "?" else ""))
            digits = digits[:-1]
    return shown[::-1]


def fraction_places(tokens: list[tuple[str, str]], digits: str) -> list[str]:
    """Return the tokens from the point on with the digits in them."""
    coming = iter(digits)
    return [next(coming) if kind == DIGIT else text for kind, text in tokens]


def general(value: Decimal) -> str | None:
    """Return a number of no sign as `General` shows it in a wide cell; None for a power of ten."""
    if value and not SMALLEST <= value.adjusted() < WIDEST:
        return None
    places = max(0, WIDEST - 1 - max(1, value.adjusted() + 1))
    text = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
