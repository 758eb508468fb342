"""Calls to try on the demo, short enough to type: credentials and addresses are in a file for a shell."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from ocms_app.settings import Settings
from ocms_core.kernel.access import Role
from ocms_demo.dev_issuer import DevIssuer
from ocms_web.authentication.issuers import CallerKind
from ocms_web.court import description as court_description
from ocms_web.descriptions import Description
from ocms_web.hst import description as hst_description
from ocms_web.json_codec import encode
from ocms_web.offenders import description as offender_description
from ocms_web.stages import description as stage_description

OFFICER = "USER01"
HOURS = 12
# A notice of the contracts' examples, which the sample has.
EXAMPLE = "1234567890"


def environment_file(settings: Settings) -> Path:
    """Return the file with the variables of the demo."""
    return Path(settings.dev_keys).parent / "demo.env"


def credential_variables(settings: Settings, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the variables the calls need: the address, and a header for each credential."""
    issuer = DevIssuer(Path(settings.dev_keys), switched_on=True)
    yield "DEMO", settings.partner_url
    yield "JSON", "Content-Type: application/json"
    yield "CAS", f"X-API-Key: {settings.partner_api_key}"
    for name, client, role, kind in (
        ("PLUS", "PLUS", Role.PLUS, CallerKind.CLIENTS),
        ("OFFICER", OFFICER, Role.OIC, CallerKind.STAFF),
    ):
        token = issuer.token(client, role, kind=kind, now=now, lifetime=HOURS * 3600)
        yield name, f"Authorization: Bearer {token}"


def write_environment(file: Path, variables: Mapping[str, str]) -> None:
    """Write variables for a shell to read, with the folder of `ocms` before all others of its path."""
    folder = shlex.quote(str(Path(sys.executable).parent))
    lines = [
        "# Of the demo that was started last in this folder.",
        *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
        f"export PATH={folder}:$PATH",
    ]
    file.touch(mode=0o600)
    file.write_text("".join(f"{line}\n" for line in lines))


def calls() -> Iterator[str]:
    """Yield a command line for each call to try."""
    for path, credential, body in (
        ("/v1/ocms/cas-getPaymentStatus", "CAS", example(court_description.PAYMENT_STATUS)),
        ("/v1/ocms/cas-updateCourtNotices", "CAS", example(court_description.COURT_NOTICES)),
        ("/v1/plus-queryNoticeInfo", "PLUS", example(court_description.NOTICE_INFO)),
        # The contract's own criteria find nothing together.
        ("/ocms/v1/change-processing-stage/search", "OFFICER", {"noticeNo": "N-001"}),
        ("/ocms/v1/change-processing-stage/validate", "OFFICER", example(stage_description.VALIDATE)),
        ("/api/v1/notice/offender/get-details", "OFFICER", example(offender_description.POST_DETAILS)),
        ("/hstexists", "OFFICER", example(hst_description.EXISTS)),
    ):
        yield f'curl -s $DEMO{path} -H "$JSON" -H "${credential}" -d {shlex.quote(json.dumps(body))}'


def example(description: Description) -> object:
    """Return the request the contract shows."""
    return json.loads(encode(description.request.examples["contract"]))
