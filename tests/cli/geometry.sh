#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Distances, geodesics and tangent maps there and back, as a chain: what goes to
# the tangent space and back is classified as if it had stayed, with the reference
# of each fold's training trials, and of a saved model.
test -z "$FORNIX_VALGRIND" || { echo "1..0 # SKIP too slow under valgrind; tests/riemann/distance and geodesic run there"; exit 77; }
. "$abs_top_srcdir/tests/cli/tap.sh"
trials='band range=8..32Hz ! epoch on=left,right from=0s to=3s ! pick FC3,C3,CP3,Cz,FC4,C4 ! cov'
# near FILE FILE: the same numbers to 1e-6, the same words
near ()
{
  paste "$1" "$2" | awk -F '\t' '{
    for (i = 1; i <= NF / 2; i++) {
      a = $i; b = $(i + NF / 2)
      if (a != b && !(a + 0 == a && b + 0 == b && a - b < 1e-6 && b - a < 1e-6)) exit bad = 1
    }
  } END { exit bad || NR < 2 }'
}
# shellcheck disable=SC2086
{
  for metric in riemann logeuclid; do
    fornix run sim:fists trials=30 ! $trials ! evaluate folds=5 begin mdm end >want 2>err &&
      fornix run sim:fists trials=30 ! $trials ! evaluate folds=5 begin tangent metric=$metric \
        ! untangent metric=$metric reference=@reference ! mdm end >out 2>>err && near want out
    ok $? "there and back in each fold: $metric"
  done
  fornix train sim:fists trials=30 ! $trials ! mdm -o plain.fnx >out 2>err &&
    fornix train sim:fists trials=30 ! $trials ! tangent ! untangent reference=@reference ! mdm -o back.fnx >out 2>>err &&
    fornix apply plain.fnx sim:fists trials=6 seed=9 >want 2>>err && fornix apply back.fnx sim:fists trials=6 seed=9 >out 2>>err &&
    near want out
  ok $? 'a model maps back with the reference that it learned'
  fornix run sim:fists trials=12 ! $trials @c ! mean @m ! distance in=@c to=@m ! table >want 2>err &&
    fornix run sim:fists trials=12 ! $trials @c ! tangent ! distance in=@c to=@reference ! table >out 2>>err && near want out
  ok $? 'the reference of tangent is the mean'
  fornix run sim:fists trials=12 ! $trials @c ! mean metric=logdet @m ! tangent in=@c reference=@m \
    ! distance in=@c to=@reference ! table >want 2>err &&
    fornix run sim:fists trials=12 ! $trials @c ! mean metric=logdet @m ! distance in=@c to=@m ! table >out 2>>err && near want out
  ok $? 'or what it was given'
  fornix run sim:fists trials=12 ! $trials ! distance ! write d.svg ! write d.tsv >out 2>err &&
    grep -q 'Distances, trial by trial' d.svg && test "$(wc -l <d.tsv)" = 13 && head -1 d.tsv | grep -q 'trial12$'
  ok $? 'distances are drawn and written'

  fornix run sim:fists ! $trials ! tangent ! untangent >out 2>err
  test $? = 3 && grep -q 'write  reference=@reference' err
  ok $? 'what was forgotten is offered'
  fornix run sim:fists ! $trials ! tangent ! mdm >out 2>err
  test $? = 3 && ! grep -q 'untangent' err
  ok $? 'but a step that needs more is not'
  fornix run sim:fists ! epoch on=left,right from=0s to=3s @e ! cov ! mean @m ! pick in=@e C3,C4 ! cov ! distance to=@m >out 2>err
  test $? = 3 && grep -q 'to= has 22 channels; the trials of sim:fists have 2' err && grep -q '^ *^^^^^$' err
  ok $? 'the word of an input is pointed at'
}
finish
