#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# write FILE.svg: which picture each result gives, that it shows what the tables
# hold, and that it is the same for any number of threads.
. "$abs_top_srcdir/tests/cli/tap.sh"
run () # run WORD...: fornix run WORD... -q
{
  fornix run "$@" -q >out 2>err
  rc=$?
}
sound () # sound FILE: an SVG with a title, without a script
{
  head -c 40 "$1" | grep -q '^<svg xmlns="http://www.w3.org/2000/svg"' && tail -n 1 "$1" | grep -q '^</svg>$' \
    && grep -q '<title id=' "$1" && grep -q '<desc id=' "$1" && ! grep -q '<script\|<style\|nan' "$1"
}

fists='band range=8..32Hz ! pick C3,Cz,C4 ! epoch on=left,right from=0s to=2s'
grid='evaluate folds=3 begin augcov order=try:1..3 lag=try:1,3 ! tangent ! svm c=try:0.5,1 end'
for t in 1 2 4; do
  run sim:fists trials=24 ! $fists ! $grid ! write grid.svg ! write grid.tsv in=@search --threads $t
  mv grid.svg grid$t.svg
  cmp -s grid1.svg grid$t.svg
  ok $? "a search with $t threads: the same picture"
done
sound grid1.svg && grep -q 'Search over augcov.order and augcov.lag' grid1.svg && grep -q 'best over svm.c' grid1.svg
ok $? 'it is a heat map of the two settings with the most values'
# One cell by hand: order 2, lag 3: the mean over folds of each c, the larger.
want=$(awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  $at["augcov.order"] == 2 && $at["augcov.lag"] == 3 { sum[$at["svm.c"]] += $at["value"]; n[$at["svm.c"]]++ }
  END { for (c in sum) { m = sum[c] / n[c]; if (m > best) best = m } printf "%.4g", best }' grid.tsv)
grep -q "<title>augcov.order=2 augcov.lag=3 svm.c=[0-9.]*: auc $want[<,]" grid1.svg
ok $? "a cell shows the mean over folds of the better c: $want"
chosen=$(grep -o 'chosen by [0-9]* of 3' grid1.svg | awk '{ n += $3 } END { print n }')
test "$chosen" = 3 && test "$(awk -F '\t' 'NR > 1 { n += $NF } END { print n }' grid.tsv)" = 3
ok $? 'the marks are one a fold'
run sim:fists trials=24 ! $fists ! $grid ! write.svg scores.svg figure=scores
test $rc = 0 && sound scores.svg && grep -q 'Scores of the folds' scores.svg
ok $? 'figure=scores draws the folds of the same result'
run sim:fists trials=24 ! $fists ! evaluate folds=3 begin cov ! tangent ! svm c=try:0.1,1,10 end ! write dots.svg
test $rc = 0 && sound dots.svg && grep -q 'Search over svm.c<' dots.svg && test "$(grep -c '<title>svm.c=' dots.svg)" = 3
ok $? 'one setting is drawn as dots'
run sim:fists trials=24 ! $fists ! evaluate folds=4 metric=auc,accuracy begin cov ! mdm end ! write scores.svg
test $rc = 0 && sound scores.svg && test "$(grep -c '<circle' scores.svg)" = 8 && grep -q '>chance<' scores.svg
ok $? 'scores: a dot a fold, chance'
run sim:fists trials=24 ! $fists ! compare folds=4 begin a: cov ! mdm end begin b: cov ! tangent ! svm end ! write compare.svg
test $rc = 0 && sound compare.svg && test "$(grep -c '<circle' compare.svg)" = 8 && test "$(grep -c '<path' compare.svg)" = 4 \
  && grep -q 'corrected t, 4 folds' compare.svg
ok $? 'compare: a dot a fold and pipeline, a line a fold, the statistics'
run sim:fists trials=24 ! psd ! write psd.svg
test $rc = 0 && sound psd.svg && test "$(grep -c '<path' psd.svg)" = 23
ok $? 'a spectrum: a line a channel, and their mean'
run sim:fists trials=24 ! write signals.svg
test $rc = 0 && sound signals.svg && grep -q '>FC3<' signals.svg
ok $? 'signals'
run sim:rest ! connectivity ! write matrix.svg
test $rc = 0 && sound matrix.svg && grep -q '>r40<' matrix.svg
ok $? 'a matrix'
run sim:fists trials=24 ! $fists ! write trials.svg
test $rc = 3 && ! test -e trials.svg && grep -q 'such files hold' err
ok $? 'what no picture is made of is refused before anything is read'
run sim:fists trials=24 ! $fists ! evaluate folds=4 begin cov ! mdm end ! write.svg x.svg figure=search
test $rc != 0 && ! test -e x.svg && grep -q 'no search' err
ok $? 'a search that was not made'
run sim:fists trials=24 ! psd ! write.svg x.svg figure=scores
test $rc = 3 && ! test -e x.svg && grep -q 'figure=scores' err
ok $? 'scores of a spectrum'
finish
