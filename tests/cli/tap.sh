# SPDX-License-Identifier: GPL-3.0-or-later
# What the scripts of this folder begin with:
#   . "$abs_top_srcdir/tests/cli/tap.sh"
# and end with `finish`.  They run in a folder of their own, which goes with them.
dir=$(mktemp -d "${TMPDIR:-/tmp}/fornix-test-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
awk () { LC_ALL=C command awk "$@"; } # which else expects decimal commas in some locales
n=0 bad=0
ok () # ok STATUS WHAT: if it fails, with what the last command left in out and err
{
  n=$((n + 1))
  if test "$1" = 0; then echo "ok $n - $2"; else
    bad=1
    echo "not ok $n - $2"
    for left in "$dir/out" "$dir/err"; do
      test ! -f "$left" || sed 's/^/# /' "$left" | head -16
    done
  fi
}
finish ()
{
  echo "1..$n"
  exit $bad
}
