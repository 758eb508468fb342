"""The doors: from a request's headers to who is calling, or to why it is turned away."""

from ocms_web.doors.guard import Doors
from ocms_web.doors.turned import Turned

__all__ = ["Doors", "Turned"]
