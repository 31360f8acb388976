#!/bin/sh
# A plugin built against the frozen header of each ABI still loads and keeps
# the contract in today's host.
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
n=0 bad=0
for old in "$abs_top_srcdir"/tests/abi/*/; do
  version=$(basename "$old")
  mkdir -p "$t/$version/fornix"
  cp "$old/plugin.h" "$t/$version/fornix/"
  for source in "$abs_top_srcdir"/sdk/template/sharpen.c "$abs_top_srcdir"/tests/sdk/bad_model.c; do
    n=$((n + 1)) name=$(basename "$source" .c)
    if ${CC:-cc} -I"$t/$version" -O1 -fPIC -shared -o "$t/$name.so" "$source" 2>"$t/log" \
      && fornix check "$t/$name.so" --random 200 >"$t/log" 2>&1; then
      echo "ok $n - $name built for ABI $version"
    else
      bad=1
      echo "not ok $n - $name built for ABI $version"
      sed 's/^/# /' "$t/log"
    fi
  done
done
echo "1..$n"
exit $bad
