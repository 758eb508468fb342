"""Processing stages and what they mean."""

STAGES: dict[str, str] = {
    "NPA": "notice created",
    "ROV": "owner look-up",
    "ENA": "e-notification",
    "RD1": "first reminder to the owner, hirer or director",
    "RD2": "second reminder to the owner, hirer or director",
    "RR3": "final reminder to the owner, hirer or director",
    "DN1": "first notice to the driver",
    "DN2": "second notice to the driver",
    "DR3": "final notice to the driver",
    "CPC": "first court stage",
    "CFC": "first court stage",
    "CSD": "court",
    "CSR": "court",
    "WAR": "court",
    "CWT": "court",
}

BEFORE_COURT: frozenset[str] = frozenset({"NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3"})

OPEN_TO_CHANGE: frozenset[str] = BEFORE_COURT | {"CPC", "CFC"}
"""The eleven stages open to officers, Toppan and PLUS; every other one is a court stage to them."""
