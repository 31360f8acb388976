#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The libraries that --version names are in the process: those of the plugins too.
dir=$(mktemp -d "${TMPDIR:-/tmp}/fornix-version-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
fornix --version >"$dir/text" || exit 1
fornix version --json >"$dir/json" || exit 1
head -2 "$dir/text" | tr '\n' ' ' | grep -q '^fornix [0-9.]* plugin interface [0-9]*\.[0-9]* $' || {
  echo 'not ok - program and interface'
  exit 1
}
for name in FFTW OpenBLAS libsvm EDFlib zlib libyaml Jansson 'GNU C library'; do
  grep -q "^$name [0-9][0-9.]*" "$dir/text" && grep -q "\"$name\":\"[0-9]" "$dir/json" || {
    echo "not ok - $name"
    cat "$dir/text"
    exit 1
  }
done
test "$(wc -l <"$dir/json")" = 1 && echo 'ok - versions of all libraries'
