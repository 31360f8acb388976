#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# FBCSP on a real recording, fold by fold as MNE 1.3 and scikit-learn 1.2.1 have
# it: Butterworth filters by band on the whole recording, 0..3 s after T1 and
# T2, oas, CSP(4) a band, SelectKBest(mutual_info_classif, k=10), SVC(linear),
# StratifiedKFold(5, shuffle=True, random_state=42); searched: GridSearchCV round
# all of it over StratifiedKFold(3, shuffle=True, random_state=42), roc_auc.
test -z "$FORNIX_VALGRIND" || { echo "1..0 # SKIP too slow under valgrind; tests/riemann/fbcsp runs there"; exit 77; }
data=${FORNIX_SHARED:-$abs_top_srcdir/../shared}/data/eeg/eegmmidb/S001
test -r "$data/S001R12.edf" || { echo "1..0 # SKIP no S001R12.edf"; exit 77; }
awk () { LC_ALL=C command awk "$@"; } # which else expects decimal commas in some locales
n=0 bad=0
# folds_are WANT WHAT CHAIN...: the AUC of each fold
folds_are ()
{
  want=$1 what=$2
  shift 2
  n=$((n + 1))
  got=$(fornix run "$data/S001R04.edf" "$data/S001R08.edf" "$data/S001R12.edf" \
    ! filterbank method=iir ! epoch on=T1,T2 from=0s to=3s \
    ! evaluate folds=5 seed=42 metric=auc begin fbcsp "$@" end --json 2>/dev/null \
    | sed -n 's/.*"folds":\[\([^]]*\)\].*/\1/p' | awk -F, '{ for (i = 1; i <= NF; i++) printf "%.4f ", $i }')
  if test "$got" = "$want"; then echo "ok $n - $what"; else
    bad=1
    echo "not ok $n - $what: $got, not $want"
  fi
}
folds_are '0.6500 1.0000 0.7000 0.6000 0.7500 ' 'all 24 features, shrunk lda' ! lda solver=lsqr shrinkage=auto
folds_are '0.5500 0.9500 0.7000 0.5500 0.8500 ' 'the best ten, linear svm' ! select k=10 ! svm kernel=linear
folds_are '0.5000 0.9500 0.5000 0.5000 0.9500 ' 'and C searched' ! select k=10 \
  ! svm kernel=linear c=try:0.01,0.027825594022071243,0.0774263682681127,0.21544346900318834,0.5994842503189409,1.6681005372000592,4.641588833612782,12.915496650148826,35.93813663804626,100
echo "1..$n"
exit $bad
