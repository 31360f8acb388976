#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Classes that differ in time alone (sim:tempo): augmented covariances tell them
# apart, a plain covariance does not, and neither does anything when the targets
# are permuted or nothing is planted.  What each fold learned is in the result.
test -z "$FORNIX_VALGRIND" || { echo "1..0 # SKIP too slow under valgrind; tests/riemann/takens and siegel run there"; exit 77; }
. "$abs_top_srcdir/tests/cli/tap.sh"
# cell COLUMN: of the one row of the summary
cell ()
{
  awk -F '\t' -v c="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { print $at[c]; exit }' out
}
is () # is 'EXPRESSION OF AWK'
{
  awk "BEGIN { exit !($1) }"
}
decode='band range=5..25Hz ! epoch on=slow,fast from=0s to=3s ! pick FC3,C3,CP3,Cz,FC4,C4,CP4'
# scored RECORDING 'STEPS' [SETTING...]
scored ()
{
  what=$1 steps=$2
  shift 2
  # shellcheck disable=SC2086
  fornix run $what ! $decode ! evaluate folds=5 metric=auc "$@" begin $steps end >out 2>err
}

for steps in 'augcov order=3 lag=4 ! mdm' 'btacm order=3 lag=4 ! siegelmdm' 'btacm order=3 lag=4 ! siegeltangent ! svm' \
  'delaycov max-delay=20 estimator=oas ! tangent ! svm kernel=linear'; do
  scored 'sim:tempo trials=60' "$steps" && is "$(cell value) > 0.9"
  ok $? "$steps: AUC $(cell value)"
done
for steps in 'cov ! mdm' 'cov ! tangent ! svm'; do
  scored 'sim:tempo trials=200' "$steps" && is "$(cell value) > 0.36 && $(cell value) < 0.64"
  ok $? "$steps, which sees no time: AUC $(cell value)"
done
scored 'sim:tempo trials=200 snr=0' 'augcov order=3 lag=4 ! mdm' && is "$(cell value) > 0.36 && $(cell value) < 0.64"
ok $? "nothing planted: AUC $(cell value)"
scored 'sim:tempo trials=40' 'augcov order=3 lag=4 ! mdm' permutations=39 && is "$(cell p) <= 0.026"
ok $? "no permutation of the targets reaches what was found: p $(cell p)"

scored 'sim:tempo trials=40' 'delaycov max-delay=20 ! mdm' && cell chosen | grep -q 'delaycov.order=[2-9]* delaycov.lag='
ok $? "the result says what was learned: $(cell chosen)"
fornix --json run sim:tempo trials=40 ! $decode ! evaluate folds=5 begin delaycov max-delay=20 spacing=unequal ! mdm end >out 2>err
test "$(grep -o '"delaycov.delays":"0,' out | wc -l)" -ge 1
ok $? 'and so does --json, as a list of delays'
fornix train sim:tempo trials=40 ! $decode ! delaycov ! mdm -o tempo.fnx >out 2>err && fornix inspect tempo.fnx >out 2>>err &&
  grep -q ' delaycov.order=' out
ok $? 'inspect shows it of a model file'
finish
