#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fornix chain: a line becomes a file and a line again; mistakes point at the word.
. "$abs_top_srcdir/tests/cli/tap.sh"

set -- S001R04.edf S001R08.edf ! band range=8..32Hz method=iir ! epoch on=T1,T2 from=0s to=3s \
  ! evaluate cv=stratified folds=5 begin augcov order=try:1..10 lag=try:1..10 ! tangent ! svm end ! write scores.tsv
fornix chain --seed 42 "$@" >mi.yaml
cat >expected <<'YAML'
fornix: 1
seed: 42
input:
  - S001R04.edf
  - S001R08.edf
chain:
  - band: {range: 8..32Hz, method: iir}
  - epoch: {on: [T1, T2], from: 0s, to: 3s}
  - evaluate:
      cv: stratified
      folds: 5
      chain:
        - augcov: {order: try:1..10, lag: try:1..10}
        - tangent
        - svm
  - write: scores.tsv
YAML
cmp mi.yaml expected
ok $? "the YAML of a line"
test "$(fornix chain --line mi.yaml)" = "--seed 42 $*"
ok $? "the line of that YAML"
test "$(fornix chain --json mi.yaml)" = "$(fornix chain --json --seed 42 "$@")"
ok $? "the same canonical JSON"
fornix chain --json mi.yaml >mi.json
fornix chain --json mi.json | cmp - mi.json
ok $? "JSON reads back"
fornix chain mi.yaml other.edf | grep -q -- '- other.edf' && ! fornix chain mi.yaml other.edf | grep -q S001
ok $? "recordings behind a file replace its own"

# fails EXIT EXPECTED WORD...
fails ()
{
  code=$1 expected=$2
  shift 2
  fornix chain "$@" >out 2>err
  test $? = "$code" && test ! -s out && printf '%s\n' "$expected" | cmp - err
  ok $? "$*"
}
fails 3 'fornix: "!band" is no word of a chain
  a.edf '"'!band'"' range=8..32Hz
        ^^^^^^^
put a space after !' a.edf '!band' range=8..32Hz
fails 3 'fornix: begin has no end
  a.edf ! evaluate begin cov ! mdm
                   ^^^^^
write end after the last step that belongs to evaluate' a.edf ! evaluate begin cov ! mdm
printf 'fornix: 1\nchain:\n  - band: {range: 8..32Hz, range: 1..2Hz}\n' >twice.yaml
fails 3 'fornix: the key "range" stands twice in one map
  twice.yaml:3:28
  - band: {range: 8..32Hz, range: 1..2Hz}
                           ^^^^^' twice.yaml
fails 4 'fornix: none.yaml: No such file or directory
  none.yaml
  ^^^^^^^^^' none.yaml
fornix chain >out 2>err
test $? = 2 && test ! -s out
ok $? "no words: usage, exit 2"
fornix chain --help >out 2>err
test $? = 0 && test -s out && test ! -s err
ok $? "--help: exit 0, on stdout"
finish
