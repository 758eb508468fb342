"""Pictures of the staff pages on the sample, at three widths, into `var/screens`: `make screens`."""

import sys
import tempfile
from pathlib import Path

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.engines import create
from ocms_app.keys import field_cipher
from ocms_app.settings import Settings
from ocms_demo.sample import load_sample
from tests.support.browsers import HEIGHT, WIDTHS, OfficerAtBrowser, browser_at, serving_staff
from tests.support.databases import sqlite_databases, sqlite_templates
from tests.support.http_server import Deployment

FOLDER = Path("var/screens")
NOTICES = 2_000
EXAMPLE = "500500001A"
# What is opened, and what is filled in and sent there, by the name of its picture.
PAGES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("find", "/staff/find", {}),
    ("find-stage", "/staff/find?currentProcessingStage=RD1", {}),
    ("find-list", "/staff/find", {"notice_nos": f"{EXAMPLE} 1234567890 X9"}),
    ("notice", f"/staff/notices/{EXAMPLE}", {}),
    ("notice-history", f"/staff/notices/{EXAMPLE}/history", {}),
    ("notice-answers", f"/staff/notices/{EXAMPLE}/answers", {}),
    ("stages", "/staff/stages", {}),
    ("stages-preview", "/staff/stages", {"numbers": f"{EXAMPLE} 1234567890 X9"}),
    ("offender", f"/staff/notices/{EXAMPLE}/offenders/owner", {}),
    ("offender-preview", f"/staff/notices/{EXAMPLE}/offenders/owner", {"name": "MARY TAN"}),
    ("dashboard", "/staff/dashboard", {}),
    ("dashboard-notices", "/staff/dashboard/notices?stage=RD1&age=0", {}),
    ("reports", "/staff/reports", {}),
    ("hst", "/staff/hst", {}),
    ("hst-apply", "/staff/hst/apply", {"idNo": "S1234567A"}),
    ("hst-answers", "/staff/hst/answers", {}),
    ("no-page", "/staff/nothing", {}),
    ("sign-out", "/staff/sign-out", {}),
)


def main() -> int:
    """Take the pictures; the status is 1 where axe-core finds fault with a page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        databases = sqlite_databases(sqlite_templates(folder / "templates"), folder)
        deployment = Deployment(databases, folder)
        settings = Settings(dev_issuer=True, dev_keys=str(folder / "dev"))
        engines = [create(databases.intranet), create(databases.internet)]
        load_sample(
            *engines,
            cipher=field_cipher(settings),
            notices=NOTICES,
            seed=1,
            now=SystemClock().now(),
            progress=lambda _done, _total: None,
        )
        with serving_staff(deployment) as site, browser_at(site) as officer:
            officer.open("/staff/sign-in")
            take(officer, "sign-in")
            officer.sign_in()
            faults = [fault for page in PAGES for fault in pictures(officer, *page)]
        for engine in (*engines, deployment.engine):
            engine.dispose()
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"The pictures are in {FOLDER}.")
    return 1 if faults else 0


def pictures(officer: OfficerAtBrowser, name: str, path: str, typed: dict[str, str]) -> list[str]:
    """Take the pictures of one page, and return what axe-core finds."""
    officer.open(path)
    for field, text in typed.items():
        officer.page.eval_on_selector_all("details", "each => each.forEach((e) => { e.open = true; })")
        officer.page.fill(f"#{field}", text)
    if typed:
        officer.page.click("main form button[type=submit]")
    officer.page.wait_for_load_state("networkidle")
    take(officer, name)
    return [f"{name}: {fault}" for fault in officer.violations()]


def take(officer: OfficerAtBrowser, name: str) -> None:
    """Take a picture of the page as it is, whole, at each width."""
    for width in WIDTHS:
        officer.page.set_viewport_size({"width": width, "height": HEIGHT})
        officer.page.screenshot(path=FOLDER / f"{name}-{width}.png", full_page=width != WIDTHS[0])


if __name__ == "__main__":
    sys.exit(main())
