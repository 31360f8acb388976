#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A German locale writes 0,5: results must not.  Where it is not installed it is
# made for this test.
dir=$(mktemp -d "${TMPDIR:-/tmp}/fornix-locale-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
if ! locale -a 2>/dev/null | grep -qi '^de_DE.utf-\?8$'; then
  mkdir locales
  if ! localedef -i de_DE -f UTF-8 "$dir/locales/de_DE.UTF-8" >/dev/null 2>&1; then
    echo '1..0 # SKIP no de_DE locale, and none can be made'
    exit 77
  fi
  LOCPATH=$dir/locales
  export LOCPATH
fi
# Is it in force?  printf of the C library says so.
if test "$(LC_ALL=de_DE.UTF-8 locale decimal_point 2>/dev/null)" != ,; then
  echo '1..0 # SKIP the de_DE locale does not work here'
  exit 77
fi
n=0 bad=0
same () # same WORD...: the command prints and writes the same in both
{
  n=$((n + 1))
  for l in C de_DE.UTF-8; do
    rm -rf made
    mkdir made
    LC_ALL=$l "$@" >$l.out 2>$l.err
    echo $? >>$l.out
    cat made/* >>$l.out 2>/dev/null
  done
  if cmp C.out de_DE.UTF-8.out && cmp C.err de_DE.UTF-8.err; then
    echo "ok $n - $*"
  else
    echo "not ok $n - $*"
    diff C.out de_DE.UTF-8.out | head -6 | cut -c 1-200 | sed 's/^/# /'
    bad=1
  fi
}
e='band range=8..32.5Hz ! epoch on=left,right from=0.25s to=2.5s'
same fornix run sim:fists trials=20 snr=0.5 ! $e ! evaluate folds=4 metric=auc,accuracy begin cov estimator=oas ! tangent ! svm c=0.5 end
same fornix run sim:fists trials=20 snr=0.5 ! $e ! evaluate folds=4 begin cov estimator=oas ! mdm end --json
same fornix run sim:fists trials=4 ! psd ! write made/psd.tsv
same fornix run sim:rest ! write made/rest.csv
same fornix run sim:fists trials=4 ! write made/fists.edf
same fornix run sim:rest ! connectivity ! threshold density=0.1 ! degree
printf 'a\tb\n0.5\t1.25\n1.5e-3\t2\n3.75\t0.125\n-1.5\t.5\n' >numbers.tsv
same fornix run numbers.tsv ! connectivity ! table
same fornix inspect numbers.tsv
fornix run sim:fists trials=4 ! write fists.edf 2>/dev/null
same fornix inspect fists.edf
same fornix inspect --json fists.edf
same fornix inspect band
same fornix chain sim:fists ! $e ! psd length=1.5s
same fornix run sim:fists ! band range=8,5..32Hz
same fornix train sim:fists trials=20 ! $e ! cov estimator=oas ! tangent ! svm -o made/m.fnx
fornix train sim:fists trials=20 ! $e ! cov estimator=oas ! tangent ! svm -o m.fnx 2>/dev/null
same fornix apply m.fnx sim:fists trials=4 seed=2
same fornix inspect m.fnx
echo "1..$n"
exit $bad
