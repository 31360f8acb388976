#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The example that each step shows runs, in an empty folder and without any
# file of ours, and leaves behind the files that it names; so does every chain
# of examples/ that brings its own input.
examples=$(cd "$abs_top_srcdir/examples" && pwd) || exit 99
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
XDG_DATA_HOME=/nowhere
export XDG_DATA_HOME
n=0 bad=0

# example_of STEP: its lines, out of one string of JSON
example_of ()
{
  printf '%b\n' "$(fornix inspect --json "$1" | sed -n 's/.*"example":"\(\([^"\\]\|\\.\)*\)".*/\1/p')"
}
# written SCRIPT: the files that it writes
written ()
{
  grep -oE '(! write|to=)( *)[^ =]+\.[a-z.0-9]+' "$1" | sed 's/^! write *//; s/^to=//'
}
# tried WHAT FOLDER: script.sh there runs
tried ()
{
  n=$((n + 1)) why=
  (cd "$2" && sh -e ./script.sh >out 2>err) || why="exit $?"
  for file in $(written "$2/script.sh"); do
    test -s "$2/$file" || why="$why no $file"
  done
  if test -z "$why"; then echo "ok $n - $1"; else
    bad=1
    echo "not ok $n - $1: $why"
    sed 's/^/# /' "$2/script.sh" "$2/err"
  fi
  rm -rf "$2"
}

for step in $(fornix steps --names); do
  mkdir "$dir/$step"
  example_of "$step" >"$dir/$step/script.sh"
  # Something must run: an empty script would pass.
  grep -q '^fornix run sim:' "$dir/$step/script.sh" || echo "exit 9 # it has no example" >"$dir/$step/script.sh"
  tried "$step" "$dir/$step"
done
test "$n" -gt 30 || { echo "not ok - only $n steps"; bad=1; }

for chain in "$examples"/*.yaml; do
  grep -qE '^(input: |  - .path: "?)sim:' "$chain" || continue
  mkdir "$dir/chain"
  echo "fornix run '$chain'" >"$dir/chain/script.sh"
  tried "${chain##*/}" "$dir/chain"
done
echo "1..$n"
exit $bad
