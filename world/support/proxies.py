"""Real nginx and HAProxy in front of a server, by the samples of `deploy`."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from attrs import frozen

from ocms_demo.simulators.certificates import Certificate, authority
from tests.support.postgres import free_port, unprivileged
from world.support.programs import Program, hand_over, listens, program_folder, running

DEPLOY = Path(__file__).parents[2] / "deploy"
NGINX_MAIN = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/ocms.conf;
}}
"""


@frozen
class Proxy:
    """A running proxy: `http` calls it over TLS, `plain_port` takes the same calls without."""

    name: str
    http: httpx.Client
    plain_port: int
    program: Program
    folder: Path

    def logged(self) -> str:
        """Return all that the proxy wrote anywhere."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))


def replaced(sample: str, **changes: tuple[str, str]) -> str:
    """Return a sample with each text that was to be changed; each must be in it."""
    for old, new in changes.values():
        assert old in sample, old
        sample = sample.replace(old, new)
    return sample


def nginx_command(folder: Path, ports: tuple[int, int], upstream: int, seconds: int) -> list[object]:
    """Write nginx's settings and return its command."""
    certificate = certificate_in(folder)
    sample = replaced(
        (DEPLOY / "nginx.conf").read_text(),
        upstream=("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        listen=("listen 443 ssl;", f"listen 127.0.0.1:{ports[0]} ssl; listen 127.0.0.1:{ports[1]};"),
        key=("/etc/ssl/private/ocms.example.key", str(certificate.key)),
        certificate=("/etc/ssl/ocms.example.pem", str(certificate.certificate)),
        log=("/var/log/nginx", str(folder)),
        client=("timeout 15s;", f"timeout {seconds}s;"),
        server=("proxy_read_timeout 120s;", f"proxy_read_timeout {seconds}s;"),
    )
    (folder / "ocms.conf").write_text(sample)
    (folder / "nginx.conf").write_text(NGINX_MAIN.format(folder=folder))
    return ["nginx", "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"]


def haproxy_command(folder: Path, ports: tuple[int, int], upstream: int, seconds: int) -> list[object]:
    """Write HAProxy's settings and return its command."""
    certificate = certificate_in(folder)
    both = folder / "both.pem"
    both.write_bytes(certificate.certificate.read_bytes() + certificate.key.read_bytes())
    sample = replaced(
        (DEPLOY / "haproxy.cfg").read_text(),
        upstream=("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        listen=(
            "bind :443 ssl crt /etc/haproxy/ocms.example.pem",
            f"bind 127.0.0.1:{ports[0]} ssl crt {both}\n    bind 127.0.0.1:{ports[1]}",
        ),
        request=("timeout http-request 15s", f"timeout http-request {seconds}s"),
        server=("timeout server 120s", f"timeout server {seconds}s"),
    )
    (folder / "haproxy.cfg").write_text(sample)
    return ["haproxy", "-db", "-f", folder / "haproxy.cfg"]


def certificate_in(folder: Path) -> Certificate:
    """Return a certificate for 127.0.0.1 in a folder, beside that of the authority that signed it."""
    certificate = authority(folder).issue("proxy")
    hand_over(certificate.key)
    return certificate


COMMANDS: dict[str, Callable[[Path, tuple[int, int], int, int], list[object]]] = {
    "nginx": nginx_command,
    "haproxy": haproxy_command,
}


@contextmanager
def proxying(name: str, upstream: int, *, seconds: int = 15) -> Iterator[Proxy]:
    """Run a proxy before a port by its sample; `seconds` are its time-outs for clients and for OCMS."""
    with program_folder(name) as folder:
        ports = free_port(), free_port()
        command = COMMANDS[name](folder, ports, upstream, seconds)
        with (
            running([*unprivileged(), *command], folder, lambda: listens(ports[0])) as program,
            httpx.Client(
                base_url=f"https://127.0.0.1:{ports[0]}",
                verify=ssl.create_default_context(cafile=str(folder / "authority.pem")),
                timeout=60,
                trust_env=False,
            ) as http,
        ):
            yield Proxy(name, http, ports[1], program, folder)
