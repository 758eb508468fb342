"""What operations must hear of: one alert for each incident."""

from ocms_core.kernel.value_objects import value_object


@value_object
class Alert:
    """
    A message to the operations team.

    `incident` names what happened; of the same incident only the first alert is kept. No text holds
    an identity number.
    """

    incident: str
    subject: str
    text: str
