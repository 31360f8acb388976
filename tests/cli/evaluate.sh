#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# evaluate as people use it: every way to split, tables of recordings, searches,
# and chance level wherever there is nothing to find.
. "$abs_top_srcdir/tests/cli/tap.sh"
scores () # scores WORD...: fornix run WORD..., the summary in out
{
  fornix run "$@" >out 2>err
  rc=$?
}
# value COLUMN METRIC [GROUP]: of the summary
value ()
{
  awk -F '\t' -v c="$1" -v m="$2" -v g="$3" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["metric"] == m && (g == "" || $at["group"] == g) { print $at[c]; exit }' out
}
is () # is 'EXPRESSION OF AWK'
{
  awk "BEGIN { exit !($1) }"
}

fists='band range=8..32Hz ! epoch on=left,right from=0s to=3s'
decode='begin cov estimator=oas ! tangent ! svm end'

# ---- one recording --------------------------------------------------------------------
scores sim:fists trials=40 seed=5 ! $fists ! evaluate folds=4 metric=accuracy,auc,kappa,balanced,f1 $decode
test $rc = 0 && test "$(wc -l <out)" = 6 && is "$(value value auc) > 0.7 && $(value p accuracy) < 0.05"
ok $? 'a list of metrics, one row each'
test "$(value train/test auc)" = 30/10 && is "$(value chance kappa) == 0 && $(value chance balanced) == 0.5"
ok $? 'chance and sizes stand beside the values'
is "$(value low95 accuracy) < $(value value accuracy) && $(value high95 accuracy) > $(value value accuracy)"
ok $? 'the interval holds the value'
for how in 'cv=kfold folds=3' 'cv=leave-one-out' 'cv=stratified folds=2 shuffle=no'; do
  scores sim:fists trials=30 seed=5 ! $fists ! evaluate $how metric=accuracy $decode
  test $rc = 0 && test "$(wc -l <out)" = 2 && is "$(value value accuracy) > 0.6"
  ok $? "$how: $(value value accuracy)"
done
scores sim:fists trials=30 seed=5 ! $fists ! evaluate cv=leave-one-out $decode
is "$(value value auc) > 0.6 && $(value value auc) <= 1"
ok $? 'auc of leave-one-out is that of all trials together'
scores sim:fists trials=20 ! $fists ! cov estimator=oas ! tangent ! evaluate folds=4 begin svm end
test $rc = 0 && grep -q 'on all data: tangent$' err
ok $? 'what was fitted on all data is named'

# ---- numbers ---------------------------------------------------------------------------
grip='band range=8..32Hz ! epoch on=all from=0s to=3s'
scores sim:effort ! $grip ! evaluate metric=r,r2,mse begin cov estimator=oas ! spoc ! regress end
test $rc = 0 && is "$(value value r) > 0.5 && $(value p r) < 0.001 && $(value value r2) > 0.2"
ok $? "power that follows a number: r $(value value r), R2 $(value value r2)"
grep -q 'targets 0.1. to 0.9' err
ok $? 'numbers are not counted as classes'
scores sim:effort snr=0 seed=3 ! $grip ! evaluate permutations=19 begin cov estimator=oas ! spoc ! regress end
test $rc = 0 && test "$(value p_by r)" = permutation && is "$(value value r) < 0.35 && $(value p r) > 0.05"
ok $? "power that does not: r $(value value r), p $(value p r)"
scores sim:effort ! $grip ! evaluate folds=3 begin cov estimator=oas ! spoc nfilter=try:1,8 ! regress end
test $rc = 0 && grep -q 'spoc.nfilter=1' out
ok $? 'a search by r'
scores sim:effort ! $grip ! evaluate metric=auc begin tangent ! regress end
test $rc = 3 && grep -q 'r, r2, mse do' err
ok $? 'auc is no metric of numbers'
scores sim:tempo trials=8 ! $grip ! compare begin tangent ! regress end begin tangent ! lda end
test $rc = 3 && grep -q 'end all of them with classifiers, or all with regressions' err
ok $? 'classes and numbers are not compared'
fornix train sim:effort ! $grip ! cov estimator=oas ! spoc ! regress -o grip.fnx >out 2>err &&
  fornix apply grip.fnx sim:effort seed=2 >out 2>err && head -1 out | grep -q '^recording.trial.*predicted' && test "$(wc -l <out)" = 41
ok $? 'train and apply: a number each trial'

# ---- a search --------------------------------------------------------------------------
search='pick C3,Cz,C4 ! band range=8..32Hz ! epoch on=left,right from=0s to=2s
  ! evaluate folds=4 begin augcov order=try:1,2 lag=try:1,3 ! mdm end'
scores sim:fists trials=24 ! $search
test $rc = 0 && value chosen auc | grep -q 'augcov.lag=[13] augcov.order=[12] ([1-4] of 4 folds)'
ok $? 'the summary has what was chosen, and how often'
scores sim:fists trials=24 ! $search --json
grep -q '"params":.*"augcov.lag":"[13]"' out
ok $? 'and so has --json'
scores sim:fists trials=24 ! $search ! write folds.tsv
awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } $at["chosen"] ~ /augcov.order=/ { n++ }
  END { exit n != 4 }' folds.tsv
ok $? 'and the scores of each fold'
scores sim:fists trials=24 ! $fists ! cov ! mean metric=try:riemann,euclid ! write x.tsv
test $rc = 3 && ! test -s out && grep -q 'try:' err
ok $? 'try: outside evaluate is refused'

# ---- several recordings -------------------------------------------------------------------
printf 'id\tfile\tsubject\tsession\trun\n' >list.tsv
for subject in 1 2 3; do
  for run in 1 2; do
    fornix run sim:fists trials=16 seed=$subject$run ! write "s$subject-$run.edf" 2>err
    printf 's%s-%s\ts%s-%s.edf\tS%s\t%s\t%s\n' $subject $run $subject $run $subject $run $run >>list.tsv
  done
done
scores list.tsv ! $fists ! evaluate per=subject folds=4 metric=accuracy $decode
test $rc = 0 && test "$(cut -f1 out | tr '\n' ' ')" = 'group S1 S2 S3 mean '
ok $? 'per=subject: a row a subject, and their mean'
mean=$(value value accuracy mean)
is "($(value value accuracy S1) + $(value value accuracy S2) + $(value value accuracy S3)) / 3 - $mean < 1e-12 \
  && $mean > 0.6"
ok $? "the mean is that of the subjects: $mean"
for how in cross-subject:64/16 leave-one-run-out:48/48 cross-session:16/16 within-session:12..13/3..4; do
  scores list.tsv ! $fists ! evaluate cv=${how%:*} metric=accuracy $decode
  test $rc = 0 && is "$(value value accuracy) > 0.6"
  ok $? "cv=${how%:*}: $(value value accuracy)"
  test ${how%:*} = within-session || test "$(value train/test accuracy)" = "${how#*:}"
  ok $? "its training and test trials: $(value train/test accuracy)"
done
scores list.tsv ! $fists ! evaluate cv=cross-subject metric=accuracy $decode ! write folds.tsv
test "$(awk -F '\t' 'NR > 1 { printf "%s %s ", $1, $2 }' folds.tsv)" = '1 S1/1 1 S1/2 2 S2/1 2 S2/2 3 S3/1 3 S3/2 '
ok $? 'each session of the subject left out has its own value'
mean=$(awk -F '\t' 'NR > 1 { s += $4 } END { print s / 6 }' folds.tsv)
is "$(value value accuracy) - $mean < 1e-5 && $mean - $(value value accuracy) < 1e-5"
ok $? 'and the mean is over the sessions'
scores list.tsv ! $fists ! evaluate cv=cross-subject calibration=3 metric=accuracy $decode
test "$(value train/test accuracy)" = 70/10..16
ok $? 'the first 3 trials of each class of the subject left out are trained on'
scores list.tsv ! $fists ! evaluate calibration=3 $decode
test $rc = 3 && grep -q 'cv=cross-subject' err
ok $? 'calibration without anything left out is refused'
scores sim:fists trials=20 ! $fists ! evaluate cv=cross-subject $decode
test $rc != 0 && test $rc -lt 7 && ! test -s out && grep -q subject err
ok $? 'cross-subject without subjects is refused'
scores list.tsv ! $fists ! evaluate cv=leave-one-group-out group=site $decode
test $rc != 0 && test $rc -lt 7 && ! test -s out && grep -q site err
ok $? 'a column that is not there is refused'

# Recordings of a table need not be of one length: only what is asked for by name is joined.
printf 'id\tfile\tsubject\n' >long.tsv
for subject in 1 2 3; do
  fornix run sim:fists trials=$((10 + 4 * subject)) seed=7$subject ! write "l$subject.edf" 2>err
  printf 'l%s\tl%s.edf\tS%s\n' $subject $subject $subject >>long.tsv
done
scores long.tsv ! $fists ! evaluate cv=cross-subject metric=accuracy $decode
test $rc = 0 && test "$(value train/test accuracy)" = 32..40/14..22
ok $? 'a table of recordings of several lengths'

# ---- from one subject to another ------------------------------------------------------------------
people='sim:fists subject=1 trials=30 sim:fists subject=2 trials=30 sim:fists subject=3 trials=30'
across="$fists ! evaluate cv=cross-subject calibration=5 metric=auc begin cov estimator=oas !"
scores $people ! $across csp ! lda end
plain=$(value value auc)
for what in 'recentre ! mdm' 'recentre from=running ! mdm' 'recentre ! rescale centred=yes ! rotate ! mdm' \
  'recentre ! mdwm tradeoff=0.7'; do
  scores $people ! $across $what end
  test $rc = 0 && is "$(value value auc) > $plain + 0.05 && $(value value auc) > 0.8"
  ok $? "cov ! $what: $(value value auc), csp as it is $plain"
done
scores $people ! $fists ! evaluate cv=cross-subject begin align ! cov ! csp ! lda end
test $rc = 0 && is "$(value value auc) > $plain + 0.05"
ok $? "align: $(value value auc)"
for what in rotate mdwm; do
  scores $people ! $fists ! evaluate cv=cross-subject begin cov ! $what ! mdm end
  test $rc != 0 && ! test -s out && grep -q "$what" err
  ok $? "$what without labels of the one who is tested is refused"
done
# Other targets of the subject who is tested change no prediction: what was
# above is below, to the last trial.
awk -F '\t' -v OFS='\t' 'NR == 1 { print $1, $2, $3, "target"; next } { print $1, $2, $3, $5 == 1 ? "a" : "b" }' list.tsv >told.tsv
awk -F '\t' -v OFS='\t' '$3 == "S3" { $4 = $4 == "a" ? "b" : "a" } { print }' told.tsv >turned.tsv
for what in 'cov ! mdm' 'cov ! recentre domain=subject ! rescale domain=subject ! mdm' \
  'cov ! recentre domain=subject from=running ! tangent ! lda' 'align domain=subject ! cov ! csp ! lda'; do
  for table in told turned; do
    scores $table.tsv ! $fists ! evaluate cv=cross-subject metric=auc begin $what end ! write $table-folds.tsv
  done
  is "$(awk -F '\t' '$2 == "S3" { s += $4; n++; d = $4 - d } END { print (n == 2 && (s - 1) ^ 2 < 1e-10 && d ^ 2 > 1e-6) }' \
    told-folds.tsv turned-folds.tsv)"
  ok $? "$what: targets of the tested subject are not looked at"
done
noise=$(echo "$people" | sed 's/trials=30/trials=30 snr=0/g')
for what in 'recentre ! mdm' 'recentre ! rescale centred=yes ! rotate ! mdm' 'recentre ! mdwm'; do
  scores $noise ! $across $what end
  test $rc = 0 && is "$(value value auc) > 0.3 && $(value value auc) < 0.7"
  ok $? "noise, $what: $(value value auc)"
done

# ---- chance, where there is nothing to find ---------------------------------------------------
# Targets of whole recordings, dealt out against what is in them.
awk -F '\t' -v OFS='\t' 'NR == 1 { print $0, "target"; next } { print $0, NR % 2 ? "a" : "b" }' list.tsv >dealt.tsv
scores dealt.tsv ! $fists ! evaluate folds=5 cv=cross-subject metric=accuracy $decode
test $rc = 0 && is "$(value value accuracy) > 0.25 && $(value value accuracy) < 0.75"
ok $? "shuffled targets of a table: $(value value accuracy)"
scores sim:fists trials=60 snr=0 seed=9 ! $fists ! evaluate permutations=49 metric=accuracy \
  begin cov estimator=oas ! mdm end
test $rc = 0 && test "$(value p_by accuracy)" = permutation && is "$(value p accuracy) > 0.04"
ok $? "no difference: p $(value p accuracy) by permutation"
scores sim:fists trials=40 seed=5 ! $fists ! evaluate permutations=49 metric=accuracy begin cov estimator=oas ! mdm end
is "$(value p accuracy) < 0.0201 && $(value p accuracy) > 0.0199"
ok $? "a difference: p $(value p accuracy), the least of 49 permutations"
# Filters and features chosen with the targets of test trials would find a
# difference in noise; fitted inside each fold they find none.
for what in 'cov estimator=oas ! csp ! lda' 'cov estimator=oas ! tangent ! scale ! svm' 'cov estimator=oas ! tangent ! pca components=20 ! lda' \
  'cov estimator=oas ! fgmdm'; do
  scores sim:fists trials=80 snr=0 seed=11 ! $fists ! evaluate metric=accuracy begin $what end
  test $rc = 0 && is "$(value value accuracy) > 0.3 && $(value value accuracy) < 0.7"
  ok $? "noise, $what: $(value value accuracy)"
done

# ---- lists as candidates, and settings that exclude each other -------------------------------------
scores sim:fists trials=24 ! $fists ! evaluate folds=3 begin augcov delays=try:3,7/2,9 estimator=oas ! mdm end ! write grid.tsv in=@search
test $rc = 0 && test "$(cut -f2 grid.tsv | sed 1d | sort -u | tr '\n' ' ')" = '2,9 3,7 '
ok $? 'each candidate of delays=try:3,7/2,9 is a list'
fornix chain sim:fists ! evaluate begin augcov delays=try:3,7/2,9 ! mdm end >list.yaml && grep -q 'try: "3,7/2,9"' list.yaml \
  && fornix chain list.yaml | cmp -s - list.yaml
ok $? 'and goes through YAML'
scores sim:fists ! $fists ! evaluate begin augcov order=4 delays=3,7 ! mdm end
test $rc = 3 && grep -q 'order=4 and delays=3,7 exclude each other' err
ok $? 'order= beside delays= is refused, be it the default'
scores sim:fists ! $fists ! evaluate begin augcov delays=try:3,7/2,9 lag=8 ! mdm end
test $rc = 3 && grep -q 'lag=8 and delays=3,7 exclude each other' err
ok $? 'also where delays= is searched'
scores sim:fists trials=24 ! $fists ! evaluate folds=3 begin cov estimator=oas ! tangent ! svm kernel=try:linear,rbf gamma=0.5 end
test $rc = 0
ok $? 'a setting that some of the candidates take is none too many'
scores sim:fists ! $fists ! evaluate begin cov ! tangent ! svm kernel=linear gamma=try:0.1,1 end
test $rc = 3 && grep -q 'gamma=0.1 has only a meaning with kernel=rbf' err
ok $? 'one that none of them takes is refused'

# ---- an encoding model ---------------------------------------------------------------------------
scores sim:encoding ! evaluate cv=kfold folds=4 metric=r,r2 begin ridge voxels=@voxels alpha=1,10,100 end
test $rc = 0 && is "$(value value r) > 0.1 && $(value value r) <= 1" && grep -q '[0-9] samples' err
ok $? "ridge: r $(value value r)"
scores sim:encoding ! evaluate cv=kfold folds=4 permutations=9 begin ridge voxels=@voxels alpha=1,10,100 end
test $rc = 3 && grep -q 'permutations=9 shuffles the column "target".*; @voxels are moments of a recording' err \
  && grep -q '^leave out permutations=9' err
ok $? 'its moments are not shuffled, and that is said before anything is read'

# ---- a search has hundreds of candidates, of which many say the same -------------------
near="sim:fists trials=12 ! pick C3,Cz,C4,FCz ! epoch on=left,right from=0s to=1s \
  ! evaluate folds=2 inner=2 begin augcov order=try:20..30 lag=1 ! mdm end"
scores $near
test $rc = 0 && test "$(grep -c ' rows (channels x order) from ' err)" = 8 && grep -q '^3 more notes like these; --verbose shows them' err
ok $? 'notes that differ in their numbers alone are told eight times'
scores $near --verbose
test $rc = 0 && test "$(grep -c ' rows (channels x order) from ' err)" = 11 && ! grep -q 'more notes' err
ok $? 'and all of them with --verbose'
finish
