"""
Builds the documentation site: prepares its pages, runs MkDocs and looks at the result.

A page of the repository is a page of the site. What only the site has is printed here: the errors with their
remedies, the glossary, the public names of the core, the list of decisions. Nothing of the site is loaded
from elsewhere, and no page has a script in it, so that it can be served under the policy of `/docs`.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import ocms_core
from ocms_core.kernel.reference_defaults import SUSPENSION_REASONS
from ocms_core.kernel.stages import STAGES
from ocms_web.problems import STATUS
from tests.support import rule_index
from tools.markdown import table
from tools.remedies import REMEDIES, refusals
from tools.rule_pages import rule_pages

ROOT = Path(__file__).parent.parent
NODE, PICTURES = ROOT / ".tools/node/bin/node", ROOT / ".tools/pictures"
DOCS, PAGES, SITE = ROOT / "docs", ROOT / ".tools/site-pages", ROOT / "var/guide"
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:|#)([^)#\s]+)((?:#[^)\s]*)?)\)")
MERMAID = re.compile(r"^```mermaid\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
LISTED = re.compile(r"^    (ocms_core[\w.]+): (.+)$", re.MULTILINE)
RULE_LINK = re.compile(r"\[(\w+)\]\(rules/[^)]+\)")
INLINE_SCRIPT = re.compile(r"<script>(.+?)</script>", re.DOTALL)
FROM_ELSEWHERE = re.compile(
    r"<(?:script|img|iframe|source)[^>]*\bsrc=\"?(?:https?:)?//|<link[^>]*\brel=\"?(?:stylesheet|preconnect|icon)"
    r"\"?[^>]*\bhref=\"?(?:https?:)?//|@import|url\(\"?(?:https?:)?//"
)

WORDS: Mapping[str, str] = {
    "notice": "A valid offence notice (VON) for a parking offence, one row of `ocms_valid_offence_notice`.",
    "VON": "Valid offence notice.",
    "ONOD": "The rows of a notice's owner, hirer and driver.",
    "OIC": "Officer in charge; a role of the API.",
    "CAS": "Court administration system; a role of the API.",
    "PLUS": "Payment and licensing system, which calls through the gateway IZ-APIM; a role of the API.",
    "Toppan": "The print contractor, which delivers print runs; a role of the API.",
    "TS": "Temporary suspension, written with its reason, as TS-HST.",
    "PS": "Permanent suspension, written with its reason, as PS-WWP.",
    "EPR": "`eprReasonOfSuspension`: the reason of a suspension that CAS or an officer has made.",
    "CRS": "`crsReasonOfSuspension`: the reason of a suspension that follows from a payment, as FP.",
    "HST": "Suspension of the notices of an identity that cannot be reached; the list of these identities.",
    "MHA": "Answers where a person with a UIN or FIN lives.",
    "DataHive": "Answers where any identity is registered.",
    "UIN, NRIC, FIN, UEN": "Identity numbers: of citizens, of foreigners, of companies.",
    "revival": "The end of a suspension.",
    "furnish": "To name the person who answers for a notice: hirer, driver or owner.",
    "redirect": "To transfer a notice to a person in another role.",
}


def site_link(page: Path, text: str, target: str, anchor: str) -> str:
    """Return a link of a page as the site has it: text alone where it leads out of the docs."""
    path = (page.parent / target).resolve()
    if not path.exists():
        raise ValueError(f"{page}: there is no {target}")
    if path == DOCS / "decisions":
        return f"[{text}]({target.rstrip('/')}/index.md)"
    if path.is_relative_to(DOCS) and path.is_file():
        return f"[{text}]({target}{anchor})"
    return text


def site_page(page: Path) -> str:
    """Return the text of a page as the site has it."""
    return site_text(page, page.read_text())


def site_text(page: Path, text: str) -> str:
    """Return the text of a page, at its place below `docs`, as the site has it."""
    return LINK.sub(lambda found: site_link(page, *found.groups()), text)


def draw(sources: Sequence[str]) -> Sequence[str]:
    """Return the SVG of each diagram. Raises `CalledProcessError` where one cannot be drawn."""
    command = [NODE, PICTURES / "draw.mjs"]
    drawn = subprocess.run(command, input=json.dumps(sources), capture_output=True, text=True, check=True)
    svgs: Sequence[str] = json.loads(drawn.stdout)
    return svgs


def draw_diagrams(pages: Path, drawn: Callable[[Sequence[str]], Sequence[str]] = draw) -> None:
    """Put a drawing in the place of each diagram that a page has as Mermaid's source."""
    for page in sorted(pages.rglob("*.md")):
        text = page.read_text()
        sources = MERMAID.findall(text)
        for place, svg in enumerate(drawn(sources) if sources else ()):
            name = f"{page.stem}-{place + 1}.svg"
            (page.parent / name).write_text(svg)
            text = MERMAID.sub(f"![The same as a picture]({name})\n", text, count=1)
        page.write_text(text)


def errors() -> Iterator[str]:
    """Yield the lines of the page of errors."""
    yield "# Errors and remedies"
    yield ""
    yield "What an answer that is not a success means, and what a caller does about it. The rule is where its"
    yield "text comes from ([rule index](rule-index.md)); a code without a status belongs to one item."
    yield ""
    ids = RULE_LINK.findall((DOCS / "rule-index.md").read_text())
    rules = {each: f"[{each}](rules/{each}.md)" for each in ids}
    rows = (
        (
            f"`{code.code}`",
            int(STATUS[code]) if code in STATUS else "",
            code.text,
            REMEDIES[name],
            rules[code.rule],
        )
        for name, code in refusals()
    )
    yield from table(["code", "HTTP", "text", "what to do", "rule"], rows)


def glossary() -> Iterator[str]:
    """Yield the lines of the glossary."""
    yield "# Glossary"
    yield ""
    yield from table(["word", "meaning"], WORDS.items())
    yield "## Processing stages"
    yield ""
    yield from table(["stage", "meaning"], STAGES.items())
    yield "## Suspensions"
    yield ""
    yield "As an empty database has them."
    yield ""
    rows = ((f"{kind}-{why}", days or "until revived") for (kind, why), days in SUSPENSION_REASONS.items())
    yield from table(["suspension", "days"], rows)


def core_page() -> Iterator[str]:
    """Yield the lines of the page of the core's public names."""
    yield "# Public names of the core"
    yield ""
    yield "What a consumer may rely on; everything else may change with any version."
    names: dict[str, list[str]] = {}
    for module, listed in LISTED.findall(ocms_core.__doc__ or ""):
        names.setdefault(module, []).extend(listed.split(", "))
    for module, members in names.items():
        yield ""
        yield f"::: {module}"
        yield "    options:"
        yield f"      members: [{', '.join(members)}]"
        yield "      show_root_full_path: true"


def decisions() -> Iterator[str]:
    """Yield the lines of the list of decisions."""
    yield "# Decisions"
    yield ""
    for page in sorted((DOCS / "decisions").glob("*.md")):
        title = page.read_text().partition("\n")[0].removeprefix("# ")
        yield f"* [{title}]({page.name})"


def prepare(pages: Path) -> None:
    """Write the pages of the site to a folder. Raises `ValueError` for a link that leads nowhere."""
    shutil.rmtree(pages, ignore_errors=True)
    for file in sorted(each for each in DOCS.rglob("*") if each.is_file()):
        target = pages / file.relative_to(DOCS)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".md":
            target.write_text(site_page(file))
        else:
            shutil.copyfile(file, target)
    sources = rule_index.read(ROOT)
    for name, text in rule_pages(ROOT, sources):
        (pages / "rules" / name).write_text(site_text(DOCS / "rules" / name, text))
    listed = pages / "rule-index.md"
    listed.write_text(RULE_LINK.sub(r"[\1](rules/\1.md)", listed.read_text()))
    for name, lines in (
        ("errors.md", errors()),
        ("glossary.md", glossary()),
        ("core/index.md", core_page()),
        ("decisions/index.md", decisions()),
    ):
        write(pages / name, lines)


def write(file: Path, lines: Iterable[str]) -> None:
    """Write lines to a file, with its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n")


def move_scripts_out(site: Path) -> None:
    """Move the scripts of the pages to files, which a content security policy can allow."""
    for page in site.rglob("*.html"):
        up = "../" * (len(page.relative_to(site).parts) - 1)

        def moved(script: re.Match[str], up: str = up) -> str:
            name = f"assets/javascripts/{hashlib.sha256(script[1].encode()).hexdigest()[:16]}.js"
            (site / name).write_text(script[1])
            return f'<script src="{up}{name}"></script>'

        page.write_text(INLINE_SCRIPT.sub(moved, page.read_text()))


def outside_assets(site: Path) -> Iterator[str]:
    """Yield each place of the site that would load something from elsewhere."""
    for file in sorted(site.rglob("*")):
        if file.suffix in {".html", ".css"}:
            for found in FROM_ELSEWHERE.finditer(file.read_text()):
                yield f"{file.relative_to(site)}: {found[0]}"


def main() -> int:
    """Build the site; return the exit status, 1 when a page is not as it should be."""
    prepare(PAGES)
    draw_diagrams(PAGES)
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        return 1
    move_scripts_out(SITE)
    if wrong := list(outside_assets(SITE)):
        print(*wrong, sep="\n", file=sys.stderr)
        return 1
    print(f"The site is in {SITE.relative_to(ROOT)}; a running OCMS shows it under /guide.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
