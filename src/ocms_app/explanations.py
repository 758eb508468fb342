"""What each operation would answer for a notice, from all that explains something."""

from datetime import datetime

from sqlalchemy import Engine

from ocms_adapters.sql.hst import SqlHstStores
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.reversals import SqlReversalStores
from ocms_adapters.sql.stages import SqlStageStores
from ocms_app.court_stores import court_stores
from ocms_app.settings import Settings
from ocms_core.court import explaining as court
from ocms_core.hst import explaining as hst
from ocms_core.kernel.explanations import Explanation
from ocms_core.offenders import explaining as offenders
from ocms_core.reversals import explaining as reversals
from ocms_core.stages import explaining as stages


def explanations(
    settings: Settings, intranet: Engine, notice_no: str, moment: datetime
) -> tuple[Explanation, ...]:
    """Return what each operation would answer for a notice at a moment, and which rules decide it."""
    return (
        *court.explain(notice_no, stores=court_stores(settings, intranet), now=moment),
        *stages.explain(notice_no, stores=SqlStageStores(intranet), now=moment),
        *offenders.explain(notice_no, stores=SqlOffenderStores(intranet)),
        *reversals.explain(notice_no, stores=SqlReversalStores(intranet), now=moment),
        *hst.explain(notice_no, stores=SqlHstStores(intranet), now=moment),
    )
