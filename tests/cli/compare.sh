#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# compare as people use it: the folds are evaluate's, what is paired follows
# from the recordings, a planted difference is found and none is not.
. "$abs_top_srcdir/tests/cli/tap.sh"
scores () # scores WORD...: fornix run WORD..., the tables in out
{
  fornix run "$@" >out 2>err
  rc=$?
}
# value COLUMN WORD...: of the first row of FILE that holds all words
value ()
{
  awk -F '\t' -v c="$2" -v a="$3" -v b="$4" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    index ("\t" $0 "\t", "\t" a "\t") && (b == "" || index ("\t" $0 "\t", "\t" b "\t")) { print $at[c]; exit }' "$1"
}
is () # is 'EXPRESSION OF AWK'
{
  awk "BEGIN { exit !($1) }"
}

fists='band range=8..32Hz ! pick C3,Cz,C4,FC3,FC4,CP3,CP4 ! epoch on=left,right from=0s to=2s'
mdm='cov estimator=oas ! mdm' ts='cov estimator=oas ! tangent ! svm'

# ---- the same folds as evaluate ---------------------------------------------------------
scores sim:fists trials=40 seed=5 ! $fists ! compare folds=4 metric=auc,accuracy begin a: $mdm end begin b+c: $ts end \
  ! write folds.tsv ! write pairs.tsv in=@pairs
test $rc = 0 && test "$(sed '/^$/,$d' out | wc -l)" = 5 && test "$(sed '1,/^$/d' out | wc -l)" = 3
ok $? 'two tables: a row a pipeline and metric, a row a pair and metric'
test "$(wc -l <folds.tsv)" = 17 && test "$(wc -l <pairs.tsv)" = 3 && test -s pairs.json
ok $? 'scores of the folds, and the pairs, as files'
grep -q 'fitted inside each fold: mdm (class means), tangent (reference mean), svm' err
ok $? 'what is fitted in each fold is said for all of them'
for one in "a:$mdm" "b+c:$ts"; do
  fornix run sim:fists trials=40 seed=5 ! $fists ! evaluate folds=4 metric=auc,accuracy begin ${one#*:} end \
    ! write alone.tsv >/dev/null 2>err
  awk -F '\t' -v p="${one%%:*}" '$1 == p' folds.tsv | cut -f2- >got
  sed 1d alone.tsv >want
  cmp -s got want
  ok $? "${one%%:*} scores what evaluate gives it alone"
done
# The targets are permuted alike; what the pipelines have in common must not keep the real ones.
noise="sim:fists trials=24 snr=0 seed=3 ! $fists"
scores $noise ! compare folds=3 permutations=19 begin a: $mdm end begin b: $ts end
cp out both
for one in "a:$mdm" "b:$ts"; do
  fornix run $noise ! evaluate folds=3 permutations=19 begin ${one#*:} end >out 2>err
  p=$(value out p auc)
  test "$p" = "$(value both p "${one%%:*}")" && is "$p > 0.05" && grep -q permutation out
  ok $? "${one%%:*} has the p of $p by permutation that evaluate gives it alone"
done
test "$(value pairs.tsv unit auc)" = folds && test "$(value pairs.tsv n auc)" = 4 \
  && test "$(value pairs.tsv test auc)" = 'corrected t'
ok $? 'one recording: the folds are paired, with the corrected t test'
scores sim:fists trials=40 seed=5 ! $fists ! compare folds=4 begin $mdm end begin $ts end --json
test $rc = 0 && grep -q '^{"result":"scores".*"pipeline":"cov+mdm"' out && grep -q '^{"result":"pair".*"cov+tangent+svm"' out
ok $? '--json; pipelines without a name are called by their steps'
scores sim:fists trials=24 ! $fists ! compare folds=3 begin a: augcov order=try:1,2 ! mdm end begin b: $mdm end \
  ! write search.tsv in=@search
test $rc = 0 && test "$(wc -l <search.tsv)" = 7 && test "$(cut -f1 search.tsv | sort -u | tr '\n' ' ')" = 'a pipeline '
ok $? 'a search inside one of them'
for t in 1 2 4; do
  fornix run sim:fists trials=40 seed=5 ! $fists ! compare folds=4 begin $mdm end begin $ts end --json -q --threads $t >threads$t
  cmp -s threads1 threads$t
  ok $? "$t threads give the same bytes"
done

# ---- mistakes -----------------------------------------------------------------------------
scores sim:fists ! $fists ! compare folds=4 begin $mdm end
test $rc = 3 && grep -q 'compare needs two pipelines' err
ok $? 'one pipeline is no comparison'
scores sim:fists ! $fists ! compare folds=4 begin $mdm end begin $mdm end
test $rc = 3 && grep -q 'two pipelines are called cov+mdm' err
ok $? 'two of one name'
scores sim:fists ! $fists ! evaluate folds=4 begin $mdm end begin $ts end
test $rc = 3 && grep -q 'compare' err
ok $? 'evaluate names compare'

# ---- subjects -------------------------------------------------------------------------------
# Where the difference is planted one pipeline sees the hands, the other what lies between them.
printf 'id\tfile\tsubject\tdataset\tsite\n' >list.tsv
for subject in 1 2 3 4 5 6 7 8; do
  fornix run sim:fists trials=24 seed=$subject ! pick C3,C4,FCz,Cz ! write "s$subject.edf" 2>err
  printf 's%s\ts%s.edf\tS%s\t%s\t%s\n' $subject $subject $subject $(test $subject -gt 5 && echo few || echo more) $((subject % 2)) >>list.tsv
done
cut -f1-3 list.tsv >plain.tsv
bands='band range=8..32Hz ! epoch on=left,right from=0s to=2s'
hands='begin hands: pick C3,C4 ! cov ! mdm end' back='begin back: pick FCz,Cz ! cov ! mdm end'
scores plain.tsv ! $bands ! compare folds=4 per=subject $back $hands ! write pairs.tsv in=@pairs
test $rc = 0 && test "$(value pairs.tsv pipeline auc)" = hands && is "$(value pairs.tsv p auc) == 1 / 256"
ok $? "eight of eight subjects better: p = 2^-8 ($(value pairs.tsv p auc))"
is "$(value pairs.tsv p_reverse auc) == 1 && $(value pairs.tsv p_holm auc) - 2 / 256 < 1e-6"
ok $? 'and the reverse, and both sides'
test "$(value pairs.tsv unit auc)" = subjects && test "$(value pairs.tsv n auc)" = 8
ok $? 'subjects are paired'
scores plain.tsv ! $bands ! compare cv=cross-subject $back $hands ! write pairs.tsv in=@pairs
test $rc = 0 && test "$(value pairs.tsv n auc)" = 8 && test "$(value pairs.tsv test auc)" = permutation \
  && is "$(value pairs.tsv p auc) < 0.05"
ok $? 'cross-subject: each fold is a subject'
scores plain.tsv ! $bands ! compare cv=stratified folds=4 $back $hands ! write pairs.tsv in=@pairs
test $rc = 0 && test "$(value pairs.tsv unit auc)" = folds && test "$(value pairs.tsv n auc)" = 4
ok $? 'folds that mix subjects are folds'
scores list.tsv ! $bands ! compare folds=4 per=subject $back $hands ! write pairs.tsv in=@pairs
test $rc = 0 && test "$(cut -f3 pairs.tsv | tr '\n' ' ')" = 'dataset more few all ' \
  && is "$(value pairs.tsv p more) == 1 / 32 && $(value pairs.tsv p few) == 1 / 8"
ok $? 'data sets apart and together'
# Stouffer: z of 1/32 and 1/8, weights sqrt 5 and sqrt 3: scipy 1.10 combine_pvalues
is "($(value pairs.tsv p all) - 0.0147380)^2 < 1e-14"
ok $? "together by Stouffer's method: $(value pairs.tsv p all)"
scores list.tsv ! $bands ! compare folds=4 per=site dataset=nothing $back $hands ! write pairs.tsv in=@pairs
test $rc = 0 && test "$(value pairs.tsv unit auc)" = groups && test "$(value pairs.tsv n auc)" = 2
ok $? 'groups are paired where nothing is a subject'
# Recordings of different lengths: what is compared are trials, not the files of the table's column.
fornix run sim:fists trials=28 seed=9 ! pick C3,C4,FCz,Cz ! write s1.edf 2>err
scores plain.tsv ! $bands ! compare folds=4 per=subject $back $hands ! write pairs.tsv in=@pairs
test $rc = 0
ok $? 'recordings of different lengths'
# Without a difference none is found: the same pipeline on recordings without signal.
for subject in 1 2 3 4 5 6 7 8; do
  fornix run sim:fists trials=24 snr=0 seed=1$subject ! pick C3,C4,FCz,Cz ! write "s$subject.edf" 2>err
done
scores plain.tsv ! $bands ! compare folds=4 per=subject $back $hands ! write pairs.tsv in=@pairs
test $rc = 0 && is "$(value pairs.tsv p_holm auc) > 0.05"
ok $? "nothing to find: p $(value pairs.tsv p_holm auc)"
scores plain.tsv ! $bands ! compare folds=4 per=subject begin a: cov ! mdm end begin b: cov ! mdm end ! write pairs.tsv in=@pairs
test $rc = 0 && is "$(value pairs.tsv difference auc) == 0 && $(value pairs.tsv p auc) == 1 && $(value pairs.tsv p_holm auc) == 1"
ok $? 'a pipeline is no better than itself'
finish
