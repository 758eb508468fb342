#!/usr/bin/env bash
# smtplib (Python 3.11 to 3.13) with an EmailMessage, and aiosmtpd 1.4.6 as the server.
#
# A mail built by EmailMessage with its default policy goes out through `SMTP.send_message` as raw eight-bit data
# to a server whose EHLO answer does not offer 8BITMIME. RFC 6152 allows that only where it is offered, and a strict
# relay refuses such data (554). The library knows what the server offers (`has_extn`), but neither checks it nor
# recodes the body; without a word beyond ASCII in the text nothing shows. A policy with `cte_type="7bit"`, which
# every server takes, is the remedy.
#
# Output seen (Python 3.11.7):
#   server offers 8BITMIME: False
#   default policy: Content-Transfer-Encoding 8bit, eight-bit bytes sent: True, accepted by the library: True
#   policy of seven bits: Content-Transfer-Encoding quoted-printable, eight-bit bytes sent: False
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check aiosmtpd==1.4.6
cat >try.py <<'END'
import smtplib
import socket
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from aiosmtpd.controller import Controller

received = []


class Box:
    async def handle_DATA(self, server, session, envelope):
        received.append(envelope.original_content)
        return "250 OK"


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
# With decode_data the server does not offer 8BITMIME.
controller = Controller(Box(), hostname="127.0.0.1", port=port, decode_data=True)
controller.start()


def send(policy):
    mail = EmailMessage(policy) if policy else EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "a test"
    mail.set_content("caf\u00e9\n")
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.ehlo()
        offered = server.has_extn("8bitmime")
        refused = server.send_message(mail)
    return offered, refused, received[-1]


try:
    offered, refused, default = send(None)
    _, _, seven = send(SMTP.clone(cte_type="7bit"))
finally:
    controller.stop()
encoding = {name: message_from_bytes(data)["Content-Transfer-Encoding"] for name, data in
            (("default", default), ("seven", seven))}
print(f"server offers 8BITMIME: {offered}")
print(f"default policy: Content-Transfer-Encoding {encoding['default']}, "
      f"eight-bit bytes sent: {not default.isascii()}, accepted by the library: {refused == {}}")
print(f"policy of seven bits: Content-Transfer-Encoding {encoding['seven']}, "
      f"eight-bit bytes sent: {not seven.isascii()}")
assert not offered
assert encoding["default"] == "8bit" and not default.isascii() and refused == {}
assert encoding["seven"] == "quoted-printable" and seven.isascii()
END
venv/bin/python try.py
