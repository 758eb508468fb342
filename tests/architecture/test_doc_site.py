"""The documentation site: each error has its remedy, links lead somewhere, nothing comes from elsewhere."""

import json
import re
from http import HTTPStatus
from pathlib import Path

import pytest

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.stages import STAGES
from ocms_web.problems import STATUS
from tests.support import rule_index
from tests.support.rule_results import RuleResults
from tools import doc_site
from tools.remedies import REMEDIES
from tools.rule_pages import NOT_RUN, result_in_words

pytest_plugins = ["pytester"]

# Outcomes of single items that are no refusal.
TAKEN = {"CPS_SUCCESS", "CPS_ELIGIBLE", "PLUS_STAGE_CHANGED", "TOPPAN_AUTOMATIC", "TOPPAN_DELIVERED"}


def test_every_code_but_a_success_has_its_remedy() -> None:
    named = {name: code for name, code in vars(codes).items() if isinstance(code, Code)}
    taken = TAKEN | {name for name, code in named.items() if STATUS.get(code) == HTTPStatus.OK}
    assert REMEDIES.keys() == named.keys() - taken
    assert all(remedy.endswith(".") for remedy in REMEDIES.values())


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the pages of the site."""
    folder = tmp_path_factory.mktemp("pages")
    doc_site.prepare(folder)
    return folder


def test_every_page_of_the_navigation_is_there(pages: Path) -> None:
    listed = re.findall(r"^ +- .*: (\S+\.md)$", (doc_site.ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert len(listed) > 25
    assert [page for page in listed if not (pages / page).is_file()] == []


def test_no_link_of_a_page_leaves_the_site(pages: Path) -> None:
    for page in pages.rglob("*.md"):
        for _, target, _ in doc_site.LINK.findall(page.read_text()):
            assert (page.parent / target).resolve().is_relative_to(pages), f"{page}: {target}"
            assert (page.parent / target).is_file(), f"{page}: {target}"


def test_a_link_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match=r"there is no nowhere\.md"):
        doc_site.site_link(doc_site.DOCS / "reference.md", "text", "nowhere.md", "")


def test_errors_and_glossary_are_printed_from_the_tables(pages: Path) -> None:
    errors = (pages / "errors.md").read_text()
    assert "| `OCMS-4031` | 403 | Not allowed | Use a credential with the role" in errors
    assert "[P23](rules/P23.md)" in errors
    glossary = (pages / "glossary.md").read_text()
    assert all(f"| {stage} | {meaning} |" in glossary for stage, meaning in STAGES.items())
    assert all(f"| {word} |" in glossary for word in ("TS", "PS", "HST", "CRS", "EPR"))
    assert "| PS-WWP |" in glossary
    assert "::: ocms_core.court.service\n" in (pages / "core/index.md").read_text()


def test_every_rule_has_a_page_of_its_own(pages: Path) -> None:
    sources = rule_index.read(doc_site.ROOT)
    for rule in sources.rules:
        page = (pages / "rules" / f"{rule.id}.md").read_text()
        assert f"*{rule.section}.*" in page
        assert rule.sentence in page or "](" in rule.sentence, rule.id
        assert all(f".{each.name}`: " in page for each in rule_index.citing(sources.functions, rule.id))
        assert all(name in page for _, name in rule_index.cases_by_file(sources, rule.id))
        assert "## Last result" in page
        assert f"[{rule.id}](rules/{rule.id}.md)" in (pages / "rule-index.md").read_text()


def test_the_last_result_of_a_rule_is_what_its_tests_gave(pytester: pytest.Pytester) -> None:
    file = pytester.path / "var" / "results.json"
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.rule("P1", "P2")
        def test_passes(): pass

        @pytest.mark.rule("P2")
        def test_fails(): assert False

        def test_of_no_rule(): pass
        """
    )
    pytester.inline_run("-p", "no:cacheprovider", plugins=[RuleResults(file)])
    given = json.loads(file.read_text())
    assert {rule: (one["passed"], one["failed"]) for rule, one in given.items()} == {
        "P1": (1, 0),
        "P2": (1, 1),
    }
    assert result_in_words(given["P1"]).startswith("1 tests passed, none failed, 20")
    assert "**1 failed**" in result_in_words(given["P2"])
    assert result_in_words(None) == NOT_RUN


def test_a_diagram_in_a_page_becomes_its_drawing(tmp_path: Path) -> None:
    page = tmp_path / "api" / "page.md"
    page.parent.mkdir()
    page.write_text("a\n\n```mermaid\none\n```\n\nb\n\n```mermaid\ntwo\n```\n")
    doc_site.draw_diagrams(tmp_path, lambda sources: [f"<svg>{each.strip()}</svg>" for each in sources])
    pictures = re.findall(r"^!\[.+\]\((.+)\)$", page.read_text(), re.MULTILINE)
    assert [(page.parent / name).read_text() for name in pictures] == ["<svg>one</svg>", "<svg>two</svg>"]
    assert "mermaid" not in page.read_text()


def test_scripts_of_pages_become_files(tmp_path: Path) -> None:
    (tmp_path / "assets/javascripts").mkdir(parents=True)
    (tmp_path / "api").mkdir()
    page = tmp_path / "api/court.html"
    page.write_text('<script id="c" type="application/json">{}</script><script>one()</script>')
    doc_site.move_scripts_out(tmp_path)
    (name,) = re.findall(r'<script src="\.\./(assets/javascripts/\w+\.js)"></script>', page.read_text())
    assert (tmp_path / name).read_text() == "one()"
    assert '<script id="c" type="application/json">{}</script>' in page.read_text()


@pytest.mark.parametrize(
    "text, ill",
    [
        ('<script src="https://cdn.example/a.js"></script>', True),
        ('<link rel="stylesheet" href="//fonts.example/a.css">', True),
        ("@import url(https://fonts.example)", True),
        ('<a href="https://example.org">elsewhere</a>', False),
        ('<script src="assets/a.js"></script>', False),
    ],
)
def test_what_would_be_loaded_from_elsewhere_is_found(tmp_path: Path, text: str, *, ill: bool) -> None:
    (tmp_path / "a.html").write_text(text)
    assert bool(list(doc_site.outside_assets(tmp_path))) is ill
