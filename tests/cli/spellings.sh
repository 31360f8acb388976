# The main job as words, as YAML and as JSON, and with 1, 2 and 4 threads: the
# same bytes.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
bad=0
check () { # name file file
  if cmp -s "$2" "$3"; then echo "ok - $1"; else echo "not ok - $1"; bad=1; fi
}
chain='band range=8..32Hz method=iir ! epoch on=left,right from=0s to=3s ! evaluate cv=stratified folds=5 seed=42
  metric=auc,accuracy begin cov estimator=oas ! tangent ! svm kernel=linear end'
# Words are what the shell makes of the chain: nothing in it needs quoting.
fornix run sim:fists ! $chain --json -q >"$tmp/words"
fornix chain sim:fists ! $chain >"$tmp/chain.yaml"
fornix chain --json sim:fists ! $chain >"$tmp/chain.json"
fornix run "$tmp/chain.yaml" --json -q >"$tmp/yaml"
fornix run "$tmp/chain.json" --json -q >"$tmp/json"
grep -q '"metric":"accuracy"' "$tmp/words" || { echo 'not ok - a result'; bad=1; }
check 'YAML gives what words give' "$tmp/words" "$tmp/yaml"
check 'JSON gives what words give' "$tmp/words" "$tmp/json"
for n in 1 2 4; do
  fornix run sim:fists ! $chain --json -q --threads $n >"$tmp/threads$n"
  check "$n threads give the same bytes" "$tmp/words" "$tmp/threads$n"
done
grid='epoch on=left,right from=0s to=2s ! evaluate begin augcov order=try:1..2 lag=try:1,3 ! mdm end'
for n in 1 2 4; do
  fornix run sim:fists ! pick C3,Cz,C4,FC3,FC4 ! band range=8..32Hz ! $grid --json -q --threads $n >"$tmp/grid$n"
  check "a search gives the same bytes with $n threads" "$tmp/grid1" "$tmp/grid$n"
done
fornix run sim:fists ! $chain ! write "$tmp/a.tsv" -q >/dev/null
test -s "$tmp/a.tsv" && echo 'ok - scores are written' || { echo 'not ok - scores are written'; bad=1; }
exit $bad
