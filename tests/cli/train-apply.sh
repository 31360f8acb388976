#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fit once, use on new recordings: what is learned answers right on a recording
# it never saw, is the same for any number of threads, and is not taken from a
# file that is not whole.
. "$abs_top_srcdir/tests/cli/tap.sh"
# refused EXIT 'WHAT IS SAID' COMMAND...
refused ()
{
  want=$1 said=$2
  shift 2
  fornix "$@" >out 2>err
  rc=$?
  test $rc = "$want" && ! test -s out && test "$(grep -c '^fornix: ' err)" = 1 && grep -qF -- "$said" err
  ok $? "$* [$rc]"
}
# Share of the predictions of a table that are right, in percent.
right ()
{
  awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { n++; hit += $at["target"] == $at["predicted"] } END { printf "%d", n ? 100 * hit / n : 0 }' "$1"
}

chain='band range=8..32Hz ! epoch on=left,right from=0s to=3s ! cov estimator=oas ! tangent ! svm'
fornix train sim:fists trials=60 seed=1 ! $chain -o mi.fnx >out 2>err
test -s mi.fnx && ! test -s out
ok $? 'train writes a model and prints nothing'
fornix apply mi.fnx sim:fists trials=60 seed=2 >answers.tsv 2>err
test "$(wc -l <answers.tsv)" = 61 && test "$(right answers.tsv)" -ge 70
ok $? "a recording it never saw: $(right answers.tsv) % of 60 are right"
# Targets that say nothing: the model must not find anything.
fornix train sim:fists trials=60 seed=1 snr=0 ! $chain -o noise.fnx 2>err
fornix apply noise.fnx sim:fists trials=60 seed=2 snr=0 >noise.tsv 2>>err
share=$(right noise.tsv)
test "$share" -ge 30 && test "$share" -le 70
ok $? "no difference between the fists: $share % are right"

for i in 1 2 4; do
  fornix apply --threads $i mi.fnx sim:fists trials=60 seed=2 2>err | cmp -s - answers.tsv
  ok $? "$i threads: the same answers"
done
# In a folder of its own: the name of the file is part of what a model says of itself.
mkdir again
for i in 1 2 4; do
  (cd again && fornix train --threads $i sim:fists trials=60 seed=1 ! $chain -o mi.fnx 2>../err)
  cmp -s mi.fnx again/mi.fnx
  ok $? "$i threads: the same model, byte for byte"
done

fornix apply mi.fnx sim:fists trials=60 seed=2 ! write x.tsv >out 2>err
test $? = 0 && ! test -s out && test "$(wc -l <x.tsv)" = 61
ok $? 'apply ! write x.tsv'
fornix inspect mi.fnx >out 2>err
test $? = 0 && grep -q 'tangent' out && grep -q 'org.fornix.learn.svm, revision' out && grep -q '^next' out
ok $? 'inspect says what is in a model'

# ---- whose recording it is -------------------------------------------------------------
# What was learned of a subject is known again; of another it is not there.
epochs='band range=8..32Hz ! epoch on=left,right to=2s ! cov estimator=oas'
fornix train sim:fists subject=1 sim:fists subject=2 ! $epochs ! recentre from=fit ! mdm -o two.fnx 2>err
fornix apply two.fnx sim:fists subject=2 seed=5 trials=8 >out 2>err
test $? = 0 && test "$(head -1 out | cut -f1-5 | tr '\t' ' ')" = 'recording trial target onset subject'
ok $? 'a subject of the training keeps what was learned of it'
refused 6 'from=fit: 3 was not in the training' apply two.fnx sim:fists subject=3 trials=8

# ---- files that are no whole model ---------------------------------------------------
size=$(wc -c <mi.fnx)
for part in 0 7 100 $((size / 2)) $((size - 1)); do
  head -c "$part" mi.fnx >cut.fnx
  refused 4 'cut.fnx: ' apply cut.fnx sim:fists trials=4
done
flipped=0
for at in 3 40 200 $((size / 3)) $((size / 2)) $((size - 40)) $((size - 2)); do
  byte=$(od -An -tu1 -j "$at" -N1 mi.fnx)
  { head -c "$at" mi.fnx; printf "\\$(printf %o $((byte ^ 16)))"; tail -c +$((at + 2)) mi.fnx; } >flip.fnx
  fornix apply flip.fnx sim:fists trials=4 >out 2>err
  rc=$?
  test $rc = 4 && ! test -s out && grep -q '^fornix: flip.fnx: ' err || { echo "# byte $at: exit $rc"; flipped=1; }
done
ok $flipped 'one bit that is wrong, wherever it is'
{ cat mi.fnx; echo more; } >long.fnx
refused 4 'long.fnx: ' apply long.fnx sim:fists trials=4
echo 'this is a shopping list' >foreign.fnx
refused 4 'foreign.fnx: this is no model' apply foreign.fnx sim:fists trials=4
refused 4 'none.fnx: there is no such file' apply none.fnx sim:fists trials=4
refused 4 'foreign.fnx: this is no model' inspect foreign.fnx

# ---- recordings that do not fit ----------------------------------------------------------
refused 6 'fitted on 22 channels' apply mi.fnx sim:fists trials=4 channels=64
fornix run sim:fists trials=4 \
  ! pick FC3,Fz,FC1,FCz,FC2,FC4,C5,C3,C1,Cz,C2,C4,C6,CP3,CP1,CPz,CP2,CP4,P1,Pz,P2,POz ! write turned.edf 2>err
refused 6 'channel' apply mi.fnx turned.edf
refused 3 'band wants' apply mi.fnx sim:rest
refused 4 '' train sim:fists trials=20 ! $chain -o nowhere/mi.fnx
echo kept >kept.fnx
refused 6 '' train sim:fists trials=20 ! reref ! epoch on=left,right to=2s ! cov estimator=scm ! mdm -o kept.fnx
test "$(cat kept.fnx)" = kept
ok $? 'what stood there stays when the training fails'
finish
