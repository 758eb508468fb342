"""The core is plain Python and attrs, and loads quickly."""

import json
import subprocess
import sys
from typing import Any

import pytest

LOAD = """
import importlib, json, pkgutil, sys, time
before = set(sys.modules)
started = time.process_time()
import attrs
attrs_loaded = time.process_time()
import ocms_core
{what}
core_loaded = time.process_time()
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(json.dumps({{
    "attrs": attrs_loaded - started,
    "core": core_loaded - attrs_loaded,
    "packages": sorted(loaded - sys.stdlib_module_names),
    "standard": sorted(loaded & sys.stdlib_module_names),
}}))
"""
EVERYTHING = """
for module in pkgutil.walk_packages(ocms_core.__path__, "ocms_core."):
    importlib.import_module(module.name)
"""
CAPABILITIES = ("court", "stages", "offenders", "hst")


def load(what: str) -> dict[str, Any]:
    """Import parts of the core in a fresh interpreter: seconds for attrs, for the core, packages loaded."""
    given = subprocess.run(
        [sys.executable, "-c", LOAD.format(what=what)], capture_output=True, text=True, check=True
    ).stdout
    answer: dict[str, Any] = json.loads(given)
    return answer


def test_the_core_loads_nothing_but_attrs() -> None:
    assert load(EVERYTHING)["packages"] == ["attr", "attrs", "ocms_core"]


def test_the_core_loads_no_openssl_before_a_digest_is_asked_for() -> None:
    assert not {"_hashlib", "_ssl", "hashlib", "hmac"} & set(load(EVERYTHING)["standard"])


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_a_capability_loads_in_three_times_the_time_of_attrs(capability: str) -> None:
    # attrs, loaded in the same process, is the yardstick: a slow or busy machine slows both alike, and a
    # third-party import or work at import time would show. The figures in seconds are the benchmarks'.
    tries = [load(f"importlib.import_module('ocms_core.{capability}.service')") for _ in range(5)]
    assert min(each["core"] / each["attrs"] for each in tries) <= 3.0
