#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Bad input ends in one sentence and the right exit code: never a crash, a hang
# or a silent wrong number.
shared=${FORNIX_SHARED-$abs_top_srcdir/../shared}
. "$abs_top_srcdir/tests/cli/tap.sh"
# A minute each, twenty under valgrind.
limit=60
test -n "$FORNIX_VALGRIND" && limit=1200


try () # try WORD...: a command with a time limit; its exit code in rc
{
  timeout -k 5 $limit "$@" >out 2>err </dev/null
  rc=$?
}

# One cause in one line, first but for notes; a screen at most; nothing printed
# as if it were a result.
one_sentence ()
{
  test "$(grep -c '^fornix: ' err)" = 1 && test "$(wc -l <err)" -lt 25 && ! test -s out
}

# refused EXIT 'WHAT IS SAID' WORD...: fornix run WORD... is refused so.
refused ()
{
  want=$1 said=$2
  shift 2
  try fornix run "$@"
  test $rc = "$want" && one_sentence && grep -qF -- "$said" err
  ok $? "$*"
}

# ---- the chain: nothing is read ---------------------------------------------------
e='epoch on=left,right to=2s'
refused 3 'no step called "bnad"; did you mean "band"?' sim:fists ! bnad range=8..32Hz
refused 2 '! write x.npy' sim:fists ! psd -o x.npy
refused 3 'there is no parameter "rang"; did you mean "range"?' sim:fists ! band rang=8..32Hz
refused 3 'has no unit' sim:fists ! band range=8..32
refused 3 'range=8..32mm' sim:fists ! band range=8..32mm
refused 3 'fivehundred' sim:fists ! epoch on=left to=fivehundred
refused 3 'reaches above 80 Hz' sim:fists ! band range=8..90Hz
refused 3 'begin has no end' sim:fists ! $e ! evaluate begin cov ! mdm
refused 3 'nothing is named @nobody' sim:fists ! $e ! cov in=@nobody
refused 3 'wants' sim:rest ! band range=1..2Hz
trials='sim:fists ! epoch on=left,right from=0s to=1s'
refused 3 'put  ! cov  between them' $trials ! mean
refused 3 'put  ! btacm  in the place of cov' $trials ! evaluate begin cov ! siegelmdm end
refused 3 'leave out  ! cov' $trials ! cov ! psd
refused 3 'wants' sim:fists ! connectivity ! threshold density=0.1 ! psd
refused 3 'must stand inside evaluate or train' sim:fists ! $e ! cov ! mdm
refused 3 'no such channel in sim:fists' sim:fists ! pick Q9
refused 3 'choices: 22, 64' sim:fists channels=8 ! psd
refused 3 'no step called' sim:fists ! $e ! evaluate begin cov ! mdmm end
refused 3 'nothing here writes such files' sim:fists ! psd ! write x.foo
refused 3 'written to one.tsv' sim:fists sim:fists ! psd ! write one.tsv
grep -qF 'write {id}.tsv' err
ok $? '{id} is proposed'
refused 3 'wants' sim:fists sim:rest ! psd ! write '{id}.tsv'
refused 4 'there is no such file' none.edf ! psd
refused 4 'there is no such file' sim:fists none.edf ! psd
printf '#!/bin/sh\ntrue\n' >script.sh
refused 4 'no reader knows this format' script.sh ! psd
refused 4 'a folder' . ! psd
printf 'fornix: 1\ninput: sim:fists\nchain:\n  - org.lab.denoise\n  - org.lab.shine: {much: 1}\n' >absent.yaml
refused 5 'two steps are not installed' absent.yaml
grep -q org.lab.denoise err && grep -q org.lab.shine err
ok $? 'all absent steps are listed'
printf 'fornix: 1\ninput: sim:fists\nchain:\n  - band: {rnge: 8..32Hz}\n' >key.yaml
refused 3 'did you mean "range"?' key.yaml

# ---- the data ------------------------------------------------------------------------
chain="$e ! evaluate folds=5 begin cov estimator=oas ! mdm end"
refused 6 '' sim:fists trials=6 ! $chain
grep -q 'trials\|fold' err
ok $? 'too few trials for the folds are said to be that'
refused 6 '' sim:fists trials=20 ! epoch on=left to=2s ! evaluate begin cov estimator=oas ! mdm end
grep -q 'class\|"left"\|only' err
ok $? 'one class only is said to be that'
refused 6 'not positive definite' sim:fists trials=20 ! reref ! $e ! evaluate begin cov estimator=scm ! mdm end
refused 6 'no event "middle"' sim:fists ! epoch on=middle
refused 6 '' sim:fists trials=4 channels=22 sim:fists trials=4 channels=64 ! $chain
grep -q 'channel' err
ok $? 'recordings of different channels are said to be that'
{
  printf 'a\tb\tc\n'
  for i in 1 2 3 4 5 6 7 8 9; do printf '%s\t%s\t%s\n' $i $((i * i % 7)) $((i * 5 % 11)); done
  printf 'n/a\t2\t3\n'
} >holes.tsv
try fornix run holes.tsv ! connectivity ! table
{ test $rc = 6 && one_sentence; } || { test $rc = 0 && grep -q 'n/a' out; }
ok $? 'a missing value makes no number'
printf 'a\tb\n1\t2\n1\t3\n1\t4\n1\t1\n' >constant.tsv
try fornix run constant.tsv ! connectivity ! table
{ test $rc = 6 && one_sentence; } || { test $rc = 0 && grep -q '1 of 2 series are constant' err; }
ok $? 'a constant region is told'
printf 'a\tb\n1\t2\n3\n' >ragged.tsv
refused 4 'line 3' ragged.tsv ! table
: >empty.tsv
refused 4 '' empty.tsv ! table
: >empty.edf
refused 4 '' empty.edf ! psd
printf 'id\tfile\nx\tnone.edf\n' >list.tsv
refused 4 'none.edf' list.tsv ! psd
printf 'id\tfile\na\tsim:rest seed=1\nb\tsim:rest seed=2\na\tsim:rest seed=3\n' >twice.tsv
refused 4 'twice.tsv: lines 2 and 4 have the same id, a' twice.tsv ! psd
printf 'id\tfile\na/b\tsim:rest\n' >slash.tsv
refused 4 'slash.tsv: line 2: the id a/b has a / in it' slash.tsv ! psd
printf 'id\tfile\nv1.5\tsim:fists\n' >dots.tsv
try fornix run dots.tsv ! psd ! write '{id}/{id}.tsv'
test $rc = 4 && grep -q 'v1.5/v1.5.tsv' err
ok $? 'every {id} of a path is replaced, and an id keeps its dots'
mkdir -p v1.5
try fornix run dots.tsv ! psd ! write '{id}/{id}.tsv'
test $rc = 0 && test -s v1.5/v1.5.tsv
ok $? 'a folder for each recording'
try fornix run sim:rest ! write rest.tmp.csv
try fornix run rest.tmp.csv ! write '{id}-copy.tsv'
test $rc = 0 && test -s rest.tmp-copy.tsv
ok $? '{id} of a file leaves its suffix out, and nothing else'
if test -d "$shared/data/fmri/nifti"; then
  cp "$(find "$shared/data/fmri/nifti" -name '*.nii.gz' | LC_ALL=C sort | head -1)" bold.nii.gz
  try fornix run bold.nii.gz ! write '{id}-copy.nii'
  test $rc = 0 && test -s bold-copy.nii
  ok $? 'all of .nii.gz is a suffix'
fi
printf 'id\tfile\n\tsim:rest\n' >nameless.tsv
refused 4 'nameless.tsv: line 2 has no id' nameless.tsv ! psd

# ---- outputs --------------------------------------------------------------------------
: >file
refused 4 'file/x.tsv' sim:fists ! psd ! write file/x.tsv
refused 4 'nowhere/x.tsv' sim:fists ! psd ! write nowhere/x.tsv
refused 4 '/proc/fornix.tsv' sim:fists ! psd ! write /proc/fornix.tsv
mkdir -p folder.tsv
refused 4 'folder.tsv' sim:fists ! psd ! write folder.tsv
try fornix run sim:rest ! write rest.tsv
cp rest.tsv before.tsv
refused 4 'is the recording' rest.tsv ! write rest.tsv
cmp -s rest.tsv before.tsv
ok $? 'an input is never overwritten'
echo kept >kept.tsv
try fornix run sim:fists trials=20 ! reref ! $e ! write kept.tsv ! evaluate begin cov estimator=scm ! mdm end
test $rc = 6 && test "$(cat kept.tsv)" = kept && ! ls -A | grep -q '^\..*kept'
ok $? 'what stood there stays when the run fails'
if test -w /dev/full; then
  timeout -k 5 $limit fornix run sim:fists ! psd >/dev/full 2>err
  rc=$?
  : >out
  test $rc -ne 0 && test $rc -lt 100 && one_sentence && grep -q 'no space left' err
  ok $? 'a full standard output'
fi
(ulimit -f 8; timeout -k 5 $limit fornix run sim:fists ! write big.edf >out 2>err; echo $? >code)
rc=$(cat code)
test "$rc" = 4 && one_sentence && ! test -e big.edf && ! ls -A | grep -q '^\..*big'
ok $? 'a disk that fills: no half a file'
timeout -k 5 $limit fornix run sim:fists ! psd >&- 2>err
rc=$?
: >out
test $rc -ne 0 && test $rc -lt 100 && one_sentence
ok $? 'a closed standard output'
# `head` may go away at any moment, before or after everything is written.
{ timeout -k 5 $limit fornix run sim:fists ! table 2>err; echo $? >code; } | head -1 >out
rc=$(cat code)
{ test $rc = 0 || test $rc = 141; } && test "$(wc -l <out)" = 1 && ! grep -q 'nobody reads' err
ok $? 'a reader that leaves'
for json in '' --json; do
  { sleep 1; timeout -k 5 $limit fornix run -q $json sim:fists ! table 2>err; echo $? >code; } | true
  test "$(cat code)" = 141 && ! test -s err
  ok $? "a reader that has left ends it quietly, as other programs end: exit $(cat code) $json"
done
{ sleep 1; timeout -k 5 $limit fornix run -q sim:fists ! psd ! write unseen.tsv ! table 2>err; echo $? >code; } | true
test "$(cat code)" = 141 && grep -q 'nobody reads' err && grep -q 'no file was written' err && ! test -e unseen.tsv
ok $? 'but where a file was to be written it says that none is'

# ---- Ctrl-C --------------------------------------------------------------------------
test -n "$FORNIX_VALGRIND" && pause=20 || pause=2
for signal in INT TERM; do
  fornix run sim:fists trials=100000 ! band range=8..32Hz ! psd ! write long.tsv >out 2>err &
  pid=$!
  sleep $pause
  kill -$signal $pid
  wait $pid
  rc=$?
  test $rc = 130 && grep -q 'nothing half-written' err && ! test -e long.tsv && ! ls -A | grep -q '^\..*long'
  ok $? "SIG$signal ends a run tidily"
done

# ---- numbers that overflow: a score that is none is not counted -----------------------
{
  printf '\223NUMPY\001\000v\000%-117s\n' "{'descr': '<f8', 'fortran_order': False, 'shape': (8, 2), }"
  for i in 1 2 3 4; do # 1e308 twice, 1 and 2
    printf '\240\310\353\205\363\314\341\177\240\310\353\205\363\314\341\177'
    printf '\000\000\000\000\000\000\360\077\000\000\000\000\000\000\000\100'
  done
} >big.npy
cat >big.npy.json <<'END'
{"kind": "features", "axes": [{"name": "trial", "size": 8, "columns": [{"name": "target",
 "texts": ["a", "b", "b", "a", "a", "b", "b", "a"]}]}, {"name": "feature", "size": 2}]}
END
refused 6 'what is predicted is not a number' big.npy ! evaluate folds=2 begin svm kernel=linear end

# ---- every odd file that people have sent --------------------------------------------------
if test -d "$shared/data/eeg/edge"; then
  find "$shared/data/eeg/edge" "$shared/data/fmri/nifti" -type f | LC_ALL=C sort >files
  failed=0 total=0
  while IFS= read -r file <&3; do
    case $file in
      *.[eEbB][dD][fF] | *.gdf) then=psd ;;
      *) then=table ;;
    esac
    for what in inspect $then; do
      if test $what = inspect; then
        try fornix inspect "$file"
      else
        try fornix run "$file" ! $what
      fi
      total=$((total + 1))
      case $what:$rc in
        *:0) test -s out; code=$? ;;
        *:4 | psd:3 | psd:6) one_sentence; code=$? ;;
        *) code=1 ;;
      esac
      if test $code != 0; then
        echo "# $what $file: exit $rc"
        sed 's/^/#   /' err | head -4
        failed=1
      fi
    done
  done 3<files
  ok $failed "$total tries of $(wc -l <files) odd files"
else
  n=$((n + 1))
  echo "ok $n - # SKIP no recordings under $shared"
fi
finish
