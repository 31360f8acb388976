#!/bin/sh
# The public header compiles alone as C99, C11 and C++17, without a warning,
# and its tensor has the layout of DLPack's where that is installed.
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
sdk=$abs_top_srcdir/sdk
n=0 bad=0

ok () # NAME COMMAND...
{
  n=$((n + 1)) name=$1
  shift
  if "$@" >"$t/log" 2>&1; then echo "ok $n - $name"; else
    bad=1
    echo "not ok $n - $name"
    sed 's/^/# /' "$t/log"
  fi
}

echo '#include "fornix/plugin.h"' >"$t/alone.c"
cp "$t/alone.c" "$t/alone.cc"
strict='-Wall -Wextra -Wconversion -Wshadow -pedantic-errors -Werror -fsyntax-only'
for std in c99 c11; do
  ok "$std" ${CC:-cc} -std=$std $strict -I"$sdk" "$t/alone.c"
done
for cxx in c++ clang++; do
  command -v $cxx >/dev/null && ok "C++17 ($cxx)" $cxx -std=c++17 $strict -I"$sdk" "$t/alone.cc"
done
command -v clang >/dev/null && ok "c99 (clang)" clang -std=c99 $strict -I"$sdk" "$t/alone.c"

cat >"$t/layout.c" <<'EOF'
#include <dlpack/dlpack.h>
#include "fornix/plugin.h"
#define SAME(ours, theirs) \
  _Static_assert (offsetof (fnx_tensor, ours) == offsetof (DLTensor, theirs), #ours); \
  _Static_assert (sizeof ((fnx_tensor *)0)->ours == sizeof ((DLTensor *)0)->theirs, #ours)
SAME (data, data);
#if DLPACK_VERSION < 60
SAME (device, ctx);
#else
SAME (device, device);
#endif
SAME (ndim, ndim);
SAME (dtype, dtype);
SAME (shape, shape);
SAME (strides, strides);
SAME (byte_offset, byte_offset);
_Static_assert (sizeof (fnx_tensor) == sizeof (DLTensor), "size");
_Static_assert (FNX_DT_INT == kDLInt && FNX_DT_UINT == kDLUInt && FNX_DT_FLOAT == kDLFloat, "codes");
EOF
if echo '#include <dlpack/dlpack.h>' | ${CC:-cc} -E - >/dev/null 2>&1; then
  ok "fnx_tensor has the layout of DLTensor" ${CC:-cc} -std=c11 -fsyntax-only -I"$sdk" "$t/layout.c"
else
  echo "ok $((n = n + 1)) - layout of DLTensor # SKIP dlpack/dlpack.h is not installed"
fi
echo "1..$n"
exit $bad
