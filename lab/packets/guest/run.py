"""Runs every case."""

import importlib
import pathlib
import sys

sys.path += ["/packets", "/packets/cases"]

import case  # noqa: E402
from network import ZWEI_IPV6, ZWEI_PORT, ZWEI_SERVER  # noqa: E402

case.echo("zwei", (ZWEI_SERVER, ZWEI_PORT))
case.echo("zwei", (ZWEI_IPV6, ZWEI_PORT))
for file in sorted(pathlib.Path("/packets/cases").glob("*.py")):
    importlib.import_module(file.stem)
case.run()
