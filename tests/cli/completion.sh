#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The completion of bash, on command lines as bash hands them over: parted at
# = and :, the last word being the one that is completed.
command -v bash >/dev/null || { echo "1..0 # SKIP no bash"; exit 77; }
exec bash -s "$abs_top_srcdir/completions/fornix" <<'BASH'
source "$1" || exit 1
# The program, as far as completion asks it.
fornix ()
{
  case "$*" in
  'steps --names') printf '%s\n' band epoch evaluate svm write ;;
  'inspect --params band') printf '%s\t%s\t%s\t%s\n' range range main '' method enum '' 'fir iir' order int '' '' pad bool '' 'yes no' ;;
  'inspect --params evaluate') printf '%s\t%s\t%s\t%s\n' cv enum '' 'stratified kfold' folds int '' '' metric enums '' 'auc accuracy' ;;
  'inspect --params svm') printf '%s\t%s\t%s\t%s\n' kernel enum '' 'linear rbf' ;;
  'inspect --params write') printf '%s\t%s\t%s\t%s\n' path path main '' ;;
  esac
}
n=0 bad=0
# offers EXPECTED WORD...
offers ()
{
  local expected=$1 got
  shift
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _fornix
  got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' ')
  got=${got% }
  n=$((n + 1))
  if [[ $got == "$expected" ]]; then
    echo "ok $n - $*"
  else
    bad=$((bad + 1))
    echo "not ok $n - $*: got \"$got\", not \"$expected\""
  fi
}
dir=$(mktemp -d) && cd "$dir" || exit 1
: >rec.edf
: >mine.yaml
export LC_ALL=C
offers 'run' fornix r
offers 'chain check' fornix ch
offers 'rec.edf' fornix run re
offers 'mine.yaml rec.edf' fornix run ''
offers '! mine.yaml rec.edf' fornix run rec.edf ''
offers 'band' fornix run rec.edf '!' b
offers 'band epoch evaluate svm write' fornix run rec.edf '!' ''
offers '! begin method= order= pad= range=' fornix run rec.edf '!' band ''
offers 'method=' fornix run rec.edf '!' band me
offers '! begin method= order= pad=' fornix run rec.edf '!' band range = 8..32Hz ''
offers 'fir iir' fornix run rec.edf '!' band method =
offers 'iir' fornix run rec.edf '!' band method = i
offers 'no yes' fornix run rec.edf '!' band pad =
offers 'accuracy auc' fornix run rec.edf '!' evaluate metric =
offers 'auc,accuracy auc,auc' fornix run rec.edf '!' evaluate metric = auc,
offers 'band' fornix run rec.edf '!' evaluate folds = 5 begin b
offers '! begin end kernel=' fornix run rec.edf '!' evaluate begin svm ''
offers 'end' fornix run rec.edf '!' evaluate begin svm e
offers '! begin cv= folds= metric=' fornix run rec.edf '!' evaluate begin svm end ''
offers 'rec.edf' fornix run rec.edf '!' write r
offers '--json' fornix run --j
offers 'band' fornix inspect ba
offers '--help --json --line --seed --yaml' fornix chain --
COMP_WORDBREAKS=' '
offers 'method=iir' fornix run rec.edf '!' band method=i
cd / && rm -rf "$dir"
echo "1..$n"
exit $((bad > 0))
BASH
