#!/usr/bin/env bash
# Prints the path of a Python that has Restack's SDK, for the tests in its company. Makes a virtual environment in a
# cache folder outside the checkout, once a machine.
set -euo pipefail

version=0.0.121
cache="${XDG_CACHE_HOME:-$HOME/.cache}/rgen/restack-ai-$version"

if [ ! -x "$cache/bin/python" ] || ! "$cache/bin/python" -c 'import restack_ai' 2>/dev/null; then
  rm -rf "$cache"
  python3 -m venv "$cache" >&2
  "$cache/bin/python" -m pip install --quiet --disable-pip-version-check "restack-ai==$version" >&2
fi
echo "$cache/bin/python"
