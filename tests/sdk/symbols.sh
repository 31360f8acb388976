#!/bin/sh
# Every module exports exactly one symbol, fnx_module_v1, so that no two of
# them can meet by name.
command -v nm >/dev/null || { echo "1..0 # SKIP no nm"; exit 77; }
n=0 bad=0
for m in "$abs_top_builddir"/io/*/.libs/*.so "$abs_top_builddir"/plugins/*/.libs/*.so; do
  test -f "$m" || continue
  n=$((n + 1))
  # sanitizers put symbols of their own beside ours
  names=$(nm -D --defined-only "$m" | awk '$3 !~ /^(__asan|__odr_asan|__ubsan|__sanitizer|_init$|_fini$)/ { print $3 }')
  if test "$names" = fnx_module_v1; then echo "ok $n - ${m##*/}"; else
    bad=1
    echo "not ok $n - ${m##*/} exports" $names
  fi
done
echo "1..$n"
test $n -gt 0 || exit 77
exit $bad
