#!/bin/sh
# Our own modules keep the contract that fornix check tests.
test -z "$FORNIX_VALGRIND" || { echo "1..0 # SKIP too slow under valgrind; tests/sdk/check runs there"; exit 77; }
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
n=0 bad=0
for m in "$abs_top_builddir"/io/*/.libs/*.so "$abs_top_builddir"/plugins/*/.libs/*.so; do
  test -f "$m" || continue
  n=$((n + 1))
  if fornix check "$m" --random 60 >"$t/log" 2>&1; then echo "ok $n - ${m##*/}: $(tail -1 "$t/log" | cut -d' ' -f1-4)"; else
    bad=1
    echo "not ok $n - ${m##*/}"
    grep -A 2 -e FAILED -e '^fornix' "$t/log" | sed 's/^/# /'
  fi
done
echo "1..$n"
test $n -gt 0 || exit 77
exit $bad
