#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# README.md's table "What the examples reach" is what they reach: each chain of
# examples/ on its simulated recording and, where the real ones are at hand, the
# same steps on the six people, against the figures that stand in the table.
readme=$abs_top_srcdir/README.md
examples=$abs_top_srcdir/examples
data=${FORNIX_SHARED:-$abs_top_srcdir/../shared}/data/eeg/eegmmidb
test -z "$FORNIX_VALGRIND" || { echo "1..0 # SKIP half a minute of arithmetic; tests/cli/examples.sh runs there"; exit 77; }
. "$abs_top_srcdir/tests/cli/tap.sh"
# said EXAMPLE COLUMN: the figures of a cell, 3 simulated and 4 six people
said ()
{
  awk -F '|' -v row="\`$1\`" -v column="$2" '{ name = $2; gsub (/ /, "", name) }
    name == row { print $(column + 1) }' "$readme" | grep -oE '[01]\.[0-9]+' | tr '\n' ' '
}
# auc WORD...: the AUCs of fornix run WORD..., one a pipeline
auc ()
{
  fornix run "$@" --json -q 2>err | sed -n 's/^{"result":"scores".*"metric":"auc","mean":\([0-9.e-]*\).*/\1/p' | tr '\n' ' '
}
# rounded WHAT SAID GOT: lists of figures, to the digits that are said
rounded ()
{
  test -n "$2" && awk -v said="$2" -v got="$3" 'BEGIN { n = split (said, s, " "); m = split (got, g, " ")
    if (n != m) exit 1
    for (i = 1; i <= n; i++) if ((d = s[i] - g[i]) > 0.0050001 || d < -0.0050001) exit 1 }'
  rc=$?
  ok $rc "$1: README says $2, it is $3"
  test $rc = 0 || sed 's/^/# /' err
}
# ---- simulated -----------------------------------------------------------------------
for chain in $(sed -n '/^## What the examples reach/,/^## /s/^| `\([a-z0-9-]*\)` .*/\1/p' "$readme"); do
  want=$(said "$chain" 3)
  case $chain in
    motor-imagery) # it waits for recordings: the same steps on the one that is simulated
      got=$(auc sim:fists ! band range=8..32Hz method=iir ! epoch on=left,right from=0s to=3s \
        ! evaluate cv=stratified folds=5 seed=42 metric=auc begin cov estimator=oas ! tangent ! svm kernel=linear end) ;;
    compare) # the table names tangent first, the chain mdm
      got=$(auc "$examples/$chain.yaml" | awk '{ print $2, $1, $3 }') ;;
    augmented-grid)
      without=$(auc sim:tempo snr=0.3 trials=80 ! band range=8..32Hz ! pick FC3,FCz,FC4,C3,Cz,C4,CP3,CPz,CP4 \
        ! epoch on=fast,slow from=0s to=3s ! evaluate metric=auc begin cov estimator=oas ! tangent ! svm end)
      got="$(auc "$examples/$chain.yaml") $without" ;;
    *) got=$(auc "$examples/$chain.yaml") ;;
  esac
  rounded "$chain, simulated" "$want" "$got"
done
test "$n" -ge 8
ok $? "all rows of the table were found: $n"

# ---- six people -----------------------------------------------------------------------
iir='band range=8..32Hz method=iir'
bank='filterbank 8..12Hz,12..16Hz,16..20Hz,20..24Hz,24..28Hz,28..32Hz method=iir'
# people FILTER STEPS: the mean AUC of the six
people ()
{
  for s in S001 S002 S003 S005 S006 S015; do
    # shellcheck disable=SC2086 # words are meant
    auc "$data/$s/${s}R04.edf" "$data/$s/${s}R08.edf" "$data/$s/${s}R12.edf" ! $1 ! epoch on=T1,T2 from=0s to=3s \
      ! evaluate folds=5 seed=42 metric=auc begin $2 end
  done | awk '{ for (i = 1; i <= NF; i++) { sum += $i; n++ } } END { if (n == 6) printf "%.6f ", sum / n }'
}
# beside STEP: the figure behind it in the sentence under the table
beside ()
{
  sed -n "s/.*\`$1\`[a-z ]* (\\([01]\\.[0-9]*\\)).*/\\1 /p" "$readme" | head -1
}
if test -r "$data/S015/S015R12.edf"; then
  set -f # a chain is words
  ts=$(people "$iir" 'cov estimator=oas ! tangent ! svm kernel=linear')
  rounded 'motor-imagery, six people' "$(said motor-imagery 4)" "$ts"
  rounded 'compare, six people' "$(said compare 4)" \
    "$ts$(people "$iir" 'cov estimator=oas ! mdm')$(people "$iir" 'cov estimator=oas ! csp ! lda')"
  rounded 'fbcsp, six people' "$(said fbcsp 4)" \
    "$(people "$bank" 'fbcsp ! select k=10 ! svm kernel=linear c=try:0.01,0.1,1,10,100')"
  rounded 'fgmdm, six people' "$(beside fgmdm)" "$(people "$iir" 'cov estimator=oas ! fgmdm')"
  rounded 'logistic, six people' "$(beside logistic)" "$(people "$iir" 'cov estimator=oas ! tangent ! logistic')"
  echo '# of the six people, augmented-grid, acm-mdop and btacm are not run: they take longest;'
  echo '# p300-xdawn has another recording, and a test of its own'
else
  echo '# six people: no recordings at hand'
fi
finish
