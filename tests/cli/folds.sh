#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# How the folds of evaluate go through a pipeline: what each item says alone is
# worked out once, and which of several faults is told does not depend on how
# many folds are under way at once.
. "$abs_top_srcdir/tests/cli/tap.sh"
mkdir "$dir/plugins" && cp "$abs_top_builddir/tests/cli/.libs/fold_steps.so" "$dir/plugins" || exit 99
with () # with WORD...: sixteen trials, their numbers, and these steps
{
  fornix --plugin-path "$dir/plugins" $threads run sim:fists trials=16 ! epoch on=left,right from=0s to=1s ! "$@" >out 2>err
}

# ---- once -------------------------------------------------------------------------------------
for how in 'cv=leave-one-out:lda' 'folds=4:svm c=try:1,2' 'folds=4 permutations=3:lda'; do
  set -- ${how%%:*}
  with evaluate "$@" begin t-number ! t-listen ! ${how#*:} end ! write once.tsv
  ok $? "$how"
  grep -q 'asked 1 times' err && ! grep -q 'asked 2 times' err
  ok $? 'all folds share what each item says'
  with evaluate "$@" begin t-number ! t-listen alone=yes ! ${how#*:} end ! write each.tsv
  grep -q 'asked 4 times' err
  ok $? 'without the extension each fold asks'
  cmp once.tsv each.tsv
  ok $? 'and learns the same'
done
# 1 + 4 + ... + 256 = 1496; the fold that leaves item 1 out has the others
with evaluate cv=leave-one-out begin t-number ! t-listen ! lda end ! write once.tsv
test "$(grep -o 't-listen.sum=1[0-9]*' once.tsv | sed 's/.*=//' | sort -u | wc -l)" = 16 && grep -q 't-listen.sum=1495' once.tsv \
  && grep -q 't-listen.sum=1240' once.tsv
ok $? 'each fold sees its training items alone'
with evaluate folds=4 begin t-number ! t-listen item=try:1,2 ! lda end
grep -q 'asked 2 times' err && ! grep -q 'asked 3 times' err
ok $? 'once for each setting'
with compare folds=4 begin a: t-number ! t-listen ! lda end begin b: t-number ! t-listen ! svm end
grep -q 'asked 1 times' err && ! grep -q 'asked 2 times' err
ok $? 'pipelines share it too'

# ---- one fault, whatever the threads -----------------------------------------------------------
# told LEAST TRIPS...: item LEAST is told with any number of threads
told ()
{
  least=$1 what=$2
  for t in 1 2 4 5 8 16; do
    threads="--threads $t"
    with evaluate cv=leave-one-out begin t-number $what ! lda end
    test $? = 6 && grep -q "item $least was left out" err
    ok $? "$t threads: item $least of $what"
  done
  threads=
}
told 2 '! t-trip item=11 ! t-trip item=7 ! t-trip item=2'  # each later, and in an earlier block of four
told 7 '! t-trip item=11 ! t-trip item=7'
told 4 '! t-trip item=4 ! t-trip item=2'                   # of one block: the first step that fails
told 3 '! t-trip item=14 ! t-trip item=3 ! t-trip item=9'
told 6 '! t-trip item=try:6,15 ! t-trip item=8'            # while settings are searched, none of which will do

# ---- settings that cannot be computed are left out of a search ---------------------------------
# goes_on SETTINGS LOST FIRST: with as many lost, the first of them as told
goes_on ()
{
  rm -f before
  for t in 1 2 4 5 8 16; do
    threads="--threads $t"
    with evaluate cv=leave-one-out begin t-number $1 ! lda end --json
    test $? = 0 && grep -q "^$2 settings cannot be computed and are left out of the search; the first, $3" err \
      && { test ! -e before || cmp -s before out; }
    ok $? "$t threads: all but $2 of $1"
    cp out before
  done
  threads=
}
goes_on '! t-trip item=try:6,1000' '1 of 2' 't-trip.item=6: t-trip: item 6 was left out'
goes_on '! t-trip item=try:11,1000,7 ! t-trip item=try:1000,2' '5 of 6' 't-trip.item=11 t-trip.item=1000: t-trip: item 11 was left out'
# fails in sets of a later block only, and is left out with all that is searched behind it
goes_on '! t-trip item=try:7,1000 also=11 ! t-trip item=try:1000,2 also=4' '3 of 4' 't-trip.item=7 t-trip.item=1000: t-trip: item 7 was left out'
grep -q '"params":{"t-trip.item":"1000","t-trip.item":"1000"}' out
ok $? 'what is left is chosen'
with evaluate folds=4 begin t-number ! t-trip item=try:6,1000 ! lda end ! write search.tsv in=@search
awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  { x = $at["t-trip.item"]; lost += x == 6 && $at["value"] == "n/a"; kept += x == 1000 && $at["value"] != "n/a" }
  END { exit lost != 4 || kept != 4 }' search.tsv
ok $? 'n/a in the table of the search'
finish
