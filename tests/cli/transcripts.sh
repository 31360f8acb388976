#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What people see, word for word.  Each file of golden/ is a transcript: lines
# that begin with "$ " are run on a pseudo-terminal, since tables look otherwise
# in a pipe, and everything else is what they print.  real.txt needs recordings
# of PhysioNet, headset.txt those of a Muse; FORNIX_GOLDEN=write makes the files anew, to be read and judged.
golden=$abs_top_srcdir/tests/cli/golden
shared=${FORNIX_SHARED-$abs_top_srcdir/../shared}
script -qec true /dev/null </dev/null >/dev/null 2>&1 || { echo "1..0 # SKIP no pseudo-terminal here"; exit 77; }
folder=$(mktemp -d "${TMPDIR:-/tmp}/fornix-golden-XXXXXX") || exit 99
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 99
TERM=dumb COLUMNS=100
export TERM COLUMNS

# Elapsed times and absolute folders are not what is compared.
plain ()
{
  tr -d '\r' <"$1" | sed \
    -e 's/^\( *\)[0-9][0-9.]* s$/\1N s/' -e 's/^looked in .*/looked in FOLDERS/'
}

play () # play FILE: its commands again, with what they print now
{
  while IFS= read -r line <&3; do
    case $line in
      '# '*) printf '%s\n' "$line" ;;
      '$ '*)
        printf '%s\n' "$line"
        script -qefc "${line#??}" /dev/null </dev/null >raw
        rc=$?
        plain raw
        test $rc = 0 || echo "[$rc]"
        echo ;;
    esac
  done 3<"$1"
}

n=0 bad=0
muse=$shared/data/eeg/erp/muse/visual/N170/subject1/session1
for name in made real headset; do
  n=$((n + 1))
  if test $name = real; then
    if ! test -d "$shared/data/eeg/eegmmidb/S001"; then
      echo "ok $n - real.txt # SKIP no recordings under $shared"
      continue
    fi
    for f in 04 08 12; do
      ln -s "$shared/data/eeg/eegmmidb/S001/S001R$f.edf" .
    done
    ln -s "$shared/data/eeg/edge/crlf-mangled/S001R04.edf" broken.edf
  fi
  if test $name = headset; then
    if ! test -d "$muse"; then
      echo "ok $n - headset.txt # SKIP no recording of a headset under $shared"
      continue
    fi
    ln -s "$muse/data_2017-09-13-15.30.01.csv" run1.csv
    ln -s "$muse/data_2017-09-13-15.32.50.csv" run2.csv
    awk 'NR < 10000 || NR >= 10600' run1.csv >gap.csv
    head -c 100000 run1.csv >half.csv
  fi
  play "$golden/$name.txt" >now.txt
  test "$FORNIX_GOLDEN" = write && cp now.txt "$golden/$name.txt"
  if diff -u "$golden/$name.txt" now.txt >diff.txt; then
    echo "ok $n - $name.txt"
  else
    echo "not ok $n - $name.txt: - was agreed, + is printed now"
    sed 's/^/# /' diff.txt
    bad=1
  fi
done
echo "1..$n"
exit $bad
