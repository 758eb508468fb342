"""What operations must hear of: one alert for each incident."""

from attrs import frozen


@frozen
class Alert:
    """
    A message to the operations team.

    `incident` names what happened; of the same incident only the first alert is kept. No text holds
    an identity number.
    """

    incident: str
    subject: str
    text: str
