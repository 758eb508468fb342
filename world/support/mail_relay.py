"""Debian's Postfix as a strict relay: mail only over TLS, to known recipients, and no byte of eight bits."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as current_policy
from pathlib import Path

from attrs import frozen

from ocms_demo.simulators.certificates import authority
from tests.support.postgres import NOBODY, free_port
from world.support.programs import SYSTEM_PATH, listens, program_folder, running, wait_until

DAEMONS = Path("/usr/lib/postfix/sbin")
# It offers neither 8BITMIME nor SMTPUTF8, and refuses what only a server that offers them takes.
SETTINGS = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
inet_protocols = ipv4
myhostname = relay.example
mydestination =
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_discard_ehlo_keywords = 8bitmime, smtputf8
smtputf8_enable = no
strict_8bitmime = yes
strict_mime_encoding_domain = yes
strict_rfc821_envelopes = yes
mime_header_checks = regexp:{{ {{/^Content-Transfer-Encoding: *(8bit|binary)/ REJECT 5.6.1 not offered}} }}
body_checks = regexp:{{ {{/[^[:print:][:space:]]/ REJECT 5.6.1 eight-bit data}} }}
virtual_mailbox_domains = example.sg
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ ops@example.sg=ops/, officer@example.sg=officer/ }}
virtual_uid_maps = static:{nobody}
virtual_gid_maps = static:{nobody}
"""
SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
tlsmgr unix - - n 1000? 1 tlsmgr
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@frozen
class MailRelay:
    """A running relay, the authority of its certificate and the folder of its mailboxes."""

    port: int
    authority: Path
    mail: Path

    def received(self, mailbox: str) -> tuple[bytes, EmailMessage]:
        """Return the one mail in a mailbox, as it came and as it is read; it is taken out."""
        new = self.mail / mailbox / "new"
        wait_until(lambda: new.is_dir() and any(new.iterdir()))
        (file,) = new.iterdir()
        content = file.read_bytes()
        file.unlink()
        read = message_from_bytes(content, policy=current_policy)
        assert isinstance(read, EmailMessage)
        return content, read


@contextmanager
def mail_relay() -> Iterator[MailRelay]:
    """Run Postfix, which only root may do: its processes change their users themselves."""
    with program_folder("postfix") as folder:
        for name, owner in (("queue", "root"), ("data", "postfix"), ("mail", NOBODY), ("keys", "root")):
            (folder / name).mkdir()
            shutil.chown(folder / name, owner)
        signer, port = authority(folder / "keys"), free_port()
        own = signer.issue("mail")
        (folder / "main.cf").write_text(
            SETTINGS.format(
                folder=folder, daemons=DAEMONS, certificate=own.certificate, key=own.key, nobody=NOBODY
            )
        )
        (folder / "master.cf").write_text(SERVICES.format(port=port))
        # It brings the folders of the queue, too.
        subprocess.run(
            ["postfix", "-c", folder, "check"], check=True, capture_output=True, env={"PATH": SYSTEM_PATH}
        )
        with running([DAEMONS / "master", "-c", folder, "-d"], folder, lambda: listens(port)):
            yield MailRelay(port, signer.file, folder / "mail")
