#!/bin/sh
# Every module exports exactly one symbol, fnx_module_v1, so that no two of
# them can meet by name; the program exports none, so that it cannot stand in
# for the libraries of any plugin (GSL's slow cblas_* for OpenBLAS's, say).
# Inside one program (--enable-preload) all our modules share their names.
command -v nm >/dev/null || { echo "1..0 # SKIP no nm"; exit 77; }
n=0 bad=0
# exports FILE: what others see of it; sanitizers put symbols of their own
# beside ours, and the linker the limits of its sections.
exports ()
{
  nm -D --defined-only "$1" | awk '
    $3 ~ /^(__asan|__odr_asan|__ubsan|__sanitizer|__interceptor|__lsan|_init$|_fini$)/ { next }
    $3 ~ /^(_IO_stdin_used|_start|_edata|_end|__bss_start|__data_start|data_start|std(in|out|err)@.*)$/ { next }
    { sub (/^[a-z]+_LTX_/, "", $3); print $3 }'
}
# is FILE NAME-OR-NOTHING
is ()
{
  n=$((n + 1))
  names=$(exports "$1")
  if test "$names" = "$2"; then echo "ok $n - ${1##*/}"; else
    bad=1
    echo "not ok $n - ${1##*/} exports" $names | cut -c 1-400
  fi
}
for m in "$abs_top_builddir"/io/*/.libs/*.so "$abs_top_builddir"/plugins/*/.libs/*.so; do
  test -f "$m" && is "$m" fnx_module_v1
done
program=$abs_top_builddir/fornix
test -f "$abs_top_builddir/.libs/fornix" && program=$abs_top_builddir/.libs/fornix
# clang puts the whole sanitizer into the program, and that must be seen.
if nm "$program" | grep -q ' T __asan_init$'; then
  n=$((n + 1))
  echo "ok $n - fornix # SKIP a sanitizer is linked into it"
else
  is "$program" ''
fi
# No library it links brings a BLAS of its own either.
n=$((n + 1))
if grep -q '^#define PRELOAD' "$abs_top_builddir/config.h"; then
  echo "ok $n # SKIP our modules and their libraries are part of the program"
elif ldd "$program" | grep -i blas; then bad=1 && echo "not ok $n - the program links a BLAS"; else echo "ok $n - the program links no BLAS"; fi
# No two sources define one name (a source may be compiled into two modules).
n=$((n + 1))
cd "$abs_top_builddir" || exit 99
for o in core/.libs/*.o core/cmd/.libs/*.o io/*/.libs/*.o plugins/*/.libs/*.o; do
  # learn/.libs/learn_la-svm.o comes from learn/svm.c; what is older than a move is left out
  source=${o%/.libs/*}/$(basename "${o##*-}" .o).c
  test -f "$abs_top_srcdir/$source" && nm --defined-only "$o" | awk -v source="$source" '
    $2 ~ /^[TDBRC]$/ && $3 !~ /fnx_module_v1$|^__/ { print $3, source }'
done | awk '
  $1 in first && first[$1] != $2 { print $1, "in", first[$1], "and", $2; found = 1 }
  { first[$1] = $2; lines++ }
  END { if (lines < 100) { print "only", lines + 0, "names"; found = 1 }; exit found }'
if test $? = 0; then echo "ok $n - no two sources define one name"; else bad=1 && echo "not ok $n - no two sources define one name"; fi
echo "1..$n"
test $n -gt 2 || exit 77
exit $bad
