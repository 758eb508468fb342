"""
A page's blocks as one script for bash, and what it answered.

Standard library only: `make newcomer` runs them on a bare machine.
"""

import os
import re
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from guides.answers import fits
from guides.blocks import NOT_RUN, STATUS_1, STOPPED, UNTIL_STOPPED, Block

PATIENCE = 240
START = 60
ANSWER, END = "=== answer of ", "=== end at "

BEGIN = """\
set -euo pipefail
running=() outside=()
trap 'kill "${running[@]}" "${outside[@]}" 2>/dev/null || true' EXIT
stop() {
  local one
  for one in "${running[@]}"; do kill -TERM "$one"; wait "$one" || test $? -gt 1; done
  running=()
}
"""


def commands(block: Block) -> list[str]:
    """Return the commands of a block, with what is done because of its mark."""
    if block.mark == UNTIL_STOPPED:
        (line,) = (each.partition("#")[0].strip() for each in block.text.splitlines())
        log = f"running-{block.place}.log"
        # What make starts is not of the deployment: it goes on when that is stopped.
        kind = "outside" if block.of_make else "running"
        return [f": >{log}; ( exec {line} ) >>{log} 2>&1 &", f"{kind}+=($!)", wait_for(line, log)]
    # `sql` is a function of what is given.
    text = f"sql <<'END'\n{block.text}END\n" if block.language == "sql" else block.text
    to = {"text": " 2>&1", "json": ""}.get(block.form, " >/dev/null")
    before = ["stop"] if block.mark == STOPPED else []
    ran = [f"{{\n{text}}}{to}"]
    if block.mark == STATUS_1:
        failed = 'test "$code" = 1 || { echo "status $code, not 1" >&2; exit 1; }'
        ran = ["code=0", f"{ran[0]} || code=$?", failed]
    if block.answer:
        ran = [f"echo '{ANSWER}{block.place}'", *ran, f'echo; echo "{END}$EPOCHREALTIME"']
    return [*before, *ran]


def wait_for(command: str, log: str) -> str:
    """Return the command that waits until a server or a worker is up, or a relay has had its first rounds."""
    if found := re.search(r"serve .*--port (\d+)", command):
        address = f"http://127.0.0.1:{found[1]}/health/ready"
        return f"curl -sf --retry {START} --retry-delay 1 --retry-all-errors {address} >/dev/null"
    word = "Ctrl-C" if command.startswith("make ") else "Working" if " work" in command else ""
    if word:
        return f"until grep -q {word} {log}; do kill -0 $! || {{ cat {log}; exit 1; }}; sleep 0.2; done"
    return "sleep 3"


def script(blocks: Iterable[Block], given: str = "") -> str:
    """Return blocks as one script; each says where it stands before it runs. What it started ends well."""
    parts = [BEGIN, given]
    for block in blocks:
        if block.mark != NOT_RUN:
            parts += [f"echo '=== {block.place}' >&2", *commands(block)]
    return "\n".join([*parts, "stop", 'running=("${outside[@]}")', "outside=()", "stop"])


def run(text: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a script; return what it wrote to standard output. Raises `AssertionError` where it fails."""
    with subprocess.Popen(
        ["bash", "-c", text],
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as ran:
        try:
            out, err = ran.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(ran.pid, signal.SIGKILL)
            raise
    if ran.returncode:
        raise AssertionError(f"{err}\n{out}")
    return out


def answer(block: Block, out: str) -> tuple[str, str]:
    """Return what was answered to a block, and what follows it in the output."""
    given, _, rest = out.partition(f"{ANSWER}{block.place}\n")[2].partition(f"\n{END}")
    return given, rest


def answered_at(block: Block, out: str) -> float:
    """Return when a block was answered, in seconds since 1970."""
    return float(answer(block, out)[1].partition("\n")[0])


def differences(blocks: Iterable[Block], out: str) -> Iterator[str]:
    """Yield each answer that is not what the page shows."""
    for block in blocks:
        if block.answer and block.mark != NOT_RUN:
            given, _ = answer(block, out)
            if not fits(block.form, block.answer, given):
                yield f"{block.place}:\n{block.text}\nshown:\n{block.answer}\n\ngiven:\n{given}"
