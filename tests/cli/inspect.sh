#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fornix inspect: options stand before or behind the thing, and what completion
# asks for has its four fields for every step.
. "$abs_top_srcdir/tests/cli/tap.sh"

for form in --json --markdown --params; do
  fornix inspect $form band >before && fornix inspect band $form >behind && test -s before && cmp before behind
  ok $? "$form before and behind"
done
fornix inspect band --markdwon >out 2>err
test $? = 2 && test ! -s out && test "$(cat err)" = 'fornix: inspect has no option --markdwon'
ok $? "an option that there is not: exit 2"
fornix inspect --params >out 2>err
test $? = 2 && test ! -s out && grep -q '^usage' err
ok $? "nothing to inspect: usage, exit 2"
for step in $(fornix steps --names); do
  fornix inspect --params "$step" >>params || echo "exit status of $step" >>params
done
test -s params && ! awk -F '\t' 'NF != 4 || $1 == "" || $2 == "" || ($3 != "" && $3 != "main")' params | grep .
ok $? "settings of every step as completion reads them"
finish
