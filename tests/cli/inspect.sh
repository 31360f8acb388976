#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fornix inspect: options stand before or behind the thing, and what completion
# asks for has its four fields for every step.
awk () { LC_ALL=C command awk "$@"; } # which else expects decimal commas in some locales
n=0 bad=0
ok () # ok WHAT STATUS
{
  n=$((n + 1))
  if test "$2" = 0; then echo "ok $n - $1"; else echo "not ok $n - $1"; bad=1; fi
}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

for form in --json --markdown --params; do
  fornix inspect $form band >before && fornix inspect band $form >behind && test -s before && cmp before behind
  ok "$form before and behind" $?
done
fornix inspect band --markdwon >out 2>err
test $? = 2 && test ! -s out && test "$(cat err)" = 'fornix: inspect has no option --markdwon'
ok "an option that there is not: exit 2" $?
fornix inspect --params >out 2>err
test $? = 2 && test ! -s out && grep -q '^usage' err
ok "nothing to inspect: usage, exit 2" $?
for step in $(fornix steps --names); do
  fornix inspect --params "$step" >>params || echo "exit status of $step" >>params
done
test -s params && ! awk -F '\t' 'NF != 4 || $1 == "" || $2 == "" || ($3 != "" && $3 != "main")' params | grep .
ok "settings of every step as completion reads them" $?
echo "1..$n"
exit $bad
