#!/usr/bin/env bash
# Prints the path of a Temporal command line tool, with which tests start a real server. Builds one when there is none:
# it takes Go and about six minutes, once a machine; the result stays in a cache folder outside the checkout.
set -euo pipefail

version=1.5.1
cache="${XDG_CACHE_HOME:-$HOME/.cache}/rgen/temporal-$version"

for found in "$(command -v temporal || true)" "$cache/temporal" "$HOME/go/bin/temporal"; do
  if [ -n "$found" ] && [ -x "$found" ]; then
    echo "$found"
    exit 0
  fi
done

if ! command -v go >/dev/null; then
  echo "There is neither a temporal binary nor Go to build one with: install one of them, or set TEMPORAL_ADDRESS." >&2
  exit 1
fi
# Built aside and moved in: an interrupted build must not look finished the next time.
work="$cache.partial"
rm -rf "$work"
mkdir -p "$work"
GOBIN="$work" go install "github.com/temporalio/cli/cmd/temporal@v$version" >&2
rm -rf "$cache"
mv "$work" "$cache"
echo "$cache/temporal"
