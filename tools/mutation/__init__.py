"""Mutation testing of the core: what `tools.mutants` is made of."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
CORE = SOURCE / "ocms_core"
