"""The progress of a sync of CAS, begun as API 1 begins it."""

from datetime import date
from pathlib import Path

from ocms_adapters.partners.progress import Progress


def begun(file: Path, fingerprint: str, day: date) -> Progress:
    """Return the progress of a list on a day, begun where there is none of it. Raises `DamagedProgress`."""
    progress = Progress.find(file, fingerprint, day)
    progress.begin(day)
    return progress
