#!/usr/bin/env bash
# From a spec to a network that reads handwriting. Run by `make demo`; specc has to be on the PATH.
set -euo pipefail

say() {
    printf '\n\033[1m$ %s\033[0m\n' "$*"
    "$@"
}

run=runs/demo
rm -rf "$run"

say specc check cnn_digits
say specc summary cnn_digits
say specc train cnn_digits --output "$run"
say specc evaluate "$run"

printf '\nThe run is in %s: ' "$run"
ls "$run" | tr '\n' ' '
printf '\nNow write a spec of your own: specc new mine\n'
