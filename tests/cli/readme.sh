#!/bin/sh
# Every command of README.md runs, in order and as a reader would type it, and
# prints the lines that README.md shows for it.  Commands are run on a
# pseudo-terminal, since tables look otherwise in a pipe.
readme=$abs_top_srcdir/README.md
test -f "$readme" || exit 99
script -qec true /dev/null </dev/null >/dev/null 2>&1 || { echo "1..0 # SKIP no pseudo-terminal here"; exit 77; }
readme=$(cd "$(dirname "$readme")" && pwd)/README.md
folder=$(mktemp -d "${TMPDIR:-/tmp}/fornix-readme-XXXXXX") || exit 99
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 99
TERM=dumb COLUMNS=100
export TERM COLUMNS

# In ```console blocks: "C command" or "O line of its output".
sed -n '/^```console$/,/^```$/{/^```/d;s/^\$ /C &/;t keep;s/^/O /;:keep
s/^C \$ /C /;p}' "$readme" >script.txt
n=0 bad=0 mistakes=0
: >seen.txt
while read -r kind line <&3; do
  if test "$kind" = C; then
    n=$((n + 1))
    script -qefc "$line" seen.raw </dev/null >/dev/null
    rc=$?
    tr -d '\r' <seen.raw | sed '/^Script \(started\|done\) on/d' >seen.txt
    # The one mistake that README.md shows on purpose.
    case $line in
      *'! bnad '*) mistakes=$((mistakes + 1)) want=3 ;;
      *) want=0 ;;
    esac
    if test "$rc" = "$want"; then
      echo "ok $n - $line"
    else
      echo "not ok $n - $line: exit $rc"
      sed 's/^/# /' seen.txt
      bad=1
    fi
  # Blanks apart, which read has taken from the line's beginning.
  elif test -n "$line" && ! sed 's/^ *//' seen.txt | grep -qxF -- "$line"; then
    echo "# not printed: $line"
    sed 's/^/# /' seen.txt
    bad=1
  fi
done 3<script.txt
echo "1..$n"
test "$n" -ge 12 && test "$mistakes" = 1 && test "$bad" = 0
