#!/bin/sh
# A stranger's way: Fornix installed somewhere, a plugin made with fornix new,
# built out of tree against the installed header alone, checked, and used.
set -e
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
unset FORNIX_SDK FORNIX_PLUGIN_PATH
umask 022
n=0
ok () { echo "ok $((n = n + 1)) - $1"; }
die () { echo "not ok $((n = n + 1)) - $1"; cat "$t/log" 2>/dev/null | sed 's/^/# /' | tail -40; exit 1; }

make -s -C "$abs_top_builddir" install DESTDIR="$t/root" >"$t/log" 2>&1 || die "make install"
pc=$(find "$t/root" -name fornix-sdk.pc)
PKG_CONFIG_SYSROOT_DIR=$t/root PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_PATH=${pc%/*}
export PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_PATH
place () { echo "$t/root$(PKG_CONFIG_SYSROOT_DIR= pkg-config --variable="$1" fornix-sdk)"; }
header=$(place includedir)/fornix/plugin.h
plugins=$(place plugindir)
test -f "$header" || die "$header is installed"
test -d "$plugins" || die "$plugins is installed"
test -z "$(find "$t/root" -name '*.la')" || die "no .la files are installed"
FORNIX_SDK=$(place templatedir)
FORNIX_SDK=${FORNIX_SDK%/template}
PATH=$(place prefix)/bin:$PATH XDG_DATA_HOME=$t/data XDG_CACHE_HOME=$t/cache
export PATH FORNIX_SDK XDG_DATA_HOME XDG_CACHE_HOME
test "$(command -v fornix)" = "$(place prefix)/bin/fornix" || die "the installed program is found"
folder=$(PKG_CONFIG_SYSROOT_DIR= pkg-config --variable=plugindir fornix-sdk)
grep -aqF "$folder" "$(place prefix)/bin/fornix" || die "the program looks in $folder"
share=$t/root$(sed -n 's/^datarootdir *= *//p' "$abs_top_builddir/Makefile" | sed "s|\${prefix}|$(PKG_CONFIG_SYSROOT_DIR= pkg-config --variable=prefix fornix-sdk)|")
bash -n "$share/bash-completion/completions/fornix" 2>"$t/log" || die "the completion of bash is installed"
if grep -q '^LOWDOWN = .' "$abs_top_builddir/Makefile"; then
  for page in $(fornix --plugin-path "$plugins" steps --names | sed 's/.*/man7\/fornix-&.7/') man1/fornix.1 man1/fornix-run.1; do
    test -s "$share/man/$page" || die "$page is installed"
    ! command -v mandoc >/dev/null || mandoc -T lint -W error "$share/man/$page" >"$t/log" || die "$page can be read"
  done
fi
ok "installed"

cd "$t"
for name in sharpen my-denoise; do
  fornix new $name >"$t/log" 2>&1 || die "fornix new $name"
  lines=$(wc -l <$name/$name.c)
  test "$lines" -lt 100 || die "$name.c has $lines lines"
  grep -q "$name.c ($lines lines, change line 38)" "$t/log" || die "fornix new says what to change"
  sed -n 38p $name/$name.c | grep -q 'your own idea' || die "line 38 is the one to change"
  make -s -C $name FORNIX_SDK=/nowhere CC="${CC:-cc}" CFLAGS='-O2 -Wall -Wextra -Werror' >"$t/log" 2>&1 || die "make in $name"
  (cd $name && fornix check ./$name.so) >"$t/log" 2>&1 || die "fornix check ./$name.so"
  grep -q ' 0 failed' "$t/log" || die "nothing failed"
  ok "$name is made, built and checked"
done
if fornix new sharpen >"$t/log" 2>&1; then die "a folder that is there is not overwritten"; fi
ok "a folder that is there is not overwritten"

for i in "$abs_top_srcdir"/sdk/example?-*.c; do
  b=$(basename "$i" .c)
  ${CC:-cc} -std=c99 -pedantic-errors -Wall -Wextra -Werror -O2 $(pkg-config --cflags fornix-sdk) -fPIC -shared \
    -fvisibility=hidden -o "$t/$b.so" "$i" -lm >"$t/log" 2>&1 || die "$b compiles"
  printf 'labtext rate=250 unit=uV\nFz Cz Pz\n1 2 3\n4 nan 6\n7 8 9\n' >"$t/sample.labtext"
  fornix check "$t/$b.so" --file "$t/sample.labtext" >"$t/log" 2>&1 || die "fornix check $b"
  grep -q ' 0 failed' "$t/log" || die "nothing failed in $b"
  ! grep -q 'not tried' "$t/log" || die "everything was tried in $b"
  ok "$b"
done

make -s -C sharpen install >"$t/log" 2>&1 || die "make install in sharpen"
fornix inspect sharpen >"$t/log" 2>&1 || die "the installed plugin is found"
grep -q 'lab.example.sharpen' "$t/log" || die "fornix inspect sharpen"
ok "installed for the user and found"

fornix --plugin-path "$plugins" run sim:fists ! sharpen factor=2 ! psd ! write "$t/two.tsv" \
  >"$t/log" 2>&1 || die "a chain with it runs"
fornix --plugin-path "$plugins" run sim:fists ! sharpen factor=0 ! psd ! write "$t/none.tsv" \
  >"$t/log" 2>&1 || die "a chain with it runs"
fornix --plugin-path "$plugins" run sim:fists ! psd ! write "$t/plain.tsv" \
  >"$t/log" 2>&1 || die "the chain without it runs"
cmp -s "$t/none.tsv" "$t/plain.tsv" || die "factor=0 changes nothing"
if cmp -s "$t/two.tsv" "$t/plain.tsv"; then die "factor=2 changes the spectrum"; fi
ok "used in a chain"

# Not one file of ours stays behind, and a stranger's does.
cp "$t/example1-gain.so" "$plugins/stranger.so"
make -s -C "$abs_top_builddir" uninstall DESTDIR="$t/root" >"$t/log" 2>&1 || die "make uninstall"
test "$(find "$t/root" -type f)" = "$plugins/stranger.so" || { find "$t/root" -type f >"$t/log"; die "uninstalled"; }
find "$t/root" -depth -type d -empty -name '*fornix*' >"$t/log"
test ! -s "$t/log" || die "no folder of ours is left"
ok "uninstalled"
echo "1..$n"
