#!/bin/sh
# Fornix from nothing, on a bare Debian 12:
#   ./quickstart.sh                  install what is missing, build, score a first chain
#   ./quickstart.sh check            the same set-up, then all tests; the last line says
#                                    "N passed, N failed"
#   ./quickstart.sh check STAGE...   only some of: tests locale clang style fuzz asan valgrind dist
# Everything is built in ./build and ./build-*; delete them to start afresh.
set -eu
cd "$(dirname "$0")"
top=$PWD
jobs=$(nproc)

needed="gcc libc6-dev make autoconf automake libtool pkg-config libltdl-dev libfftw3-dev libgsl-dev libopenblas-dev
  liblapacke-dev libsvm-dev liblbfgs-dev libedf-dev libyaml-dev libjansson-dev zlib1g-dev lowdown mandoc"
needed_by_tests="g++ clang libclang-rt-dev clang-format cppcheck valgrind xz-utils locales"

# ---- set-up ------------------------------------------------------------------
install_missing () {
  missing=
  for package in "$@"; do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || :) in
      *' installed') ;;
      *) missing="$missing $package" ;;
    esac
  done
  test -n "$missing" || return 0
  echo "installing$missing"
  as_root=
  if test "$(id -u)" != 0; then
    as_root=sudo
    command -v sudo >/dev/null || { echo "quickstart.sh: ask an administrator for: apt-get install$missing" >&2; exit 1; }
  fi
  $as_root apt-get -qq update
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing
}

# configured FOLDER OPTION...: configure there unless that has been done with these options
configured () {
  if test ! -x configure || test configure -ot configure.ac; then ./autogen.sh; fi
  folder=$1
  shift
  mkdir -p "$folder"
  if test ! -f "$folder/Makefile" || test "$(cat "$folder/.options" 2>/dev/null)" != "$*"; then
    (cd "$folder" && "$top/configure" -q "$@")
    echo "$*" >"$folder/.options"
  fi
}

# ---- the first chain -----------------------------------------------------------
first_chain () {
  configured build
  make -s -C build -j "$jobs"
  set -- fornix run sim:fists ! band range=8..32Hz method=iir ! epoch on=left,right from=0s to=3s \
    ! evaluate cv=stratified folds=5 seed=42 metric=auc,accuracy begin cov estimator=oas ! tangent ! svm kernel=linear end
  echo
  echo "Simulated motor imagery, left against right fist:"
  echo "\$ $*"
  ./build/run "$@"
  echo
  echo "Next:  ./build/run fornix    README.md"
}

# ---- the tests -----------------------------------------------------------------
passed=0 failed=0 skipped=0

count () {
  if test "$1" = 0; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $2"; fi
}

# What `make check` left behind in a build folder.
count_results () {
  # shellcheck disable=SC2044 # no name of ours holds a blank
  for trs in $(find "$1" -name '*.trs'); do
    while read -r field result rest; do
      test "$field" = :test-result: || continue
      case $result in
        PASS* | XFAIL*) passed=$((passed + 1)) ;;
        SKIP*) skipped=$((skipped + 1)) && echo "skipped: ${trs#"$1"/} $rest" ;;
        *) failed=$((failed + 1)) && echo "FAILED: ${trs#"$1"/} $rest" && tail -n 20 "${trs%.trs}.log" ;;
      esac
    done <"$trs"
  done
}

# checked FOLDER MAKE-ARGUMENT...: run the suite there and count
checked () {
  folder=$1
  shift
  find "$folder" -name '*.trs' -delete
  if ! make -s -C "$folder" -j "$jobs" "$@" check && test -z "$(find "$folder" -name '*.trs' -print -quit)"; then
    count 1 "building the tests in $folder"
  fi
  count_results "$folder"
}

stage_tests () {
  configured build --enable-werror || return
  checked build
}

# The same where numbers are written with commas.
stage_locale () {
  configured build --enable-werror || return
  make -s -C build -j "$jobs" || return
  mkdir -p build/locale
  test -d build/locale/de_DE.UTF-8 || localedef -i de_DE -f UTF-8 build/locale/de_DE.UTF-8
  LOCPATH=$top/build/locale LC_ALL=de_DE.UTF-8 checked build
}

# All of it, tests too, compiles clean with the other compiler.
stage_clang () {
  configured build-clang CC=clang CFLAGS='-O1 -g' --enable-werror || return
  if make -s -C build-clang -j "$jobs" all && make -s -C build-clang -j "$jobs" check TESTS= >/dev/null; then
    count 0
  else
    count 1 "building with clang"
  fi
}

stage_style () {
  sources=$(find core io plugins sdk tests bench examples -name '*.[ch]')
  # shellcheck disable=SC2086
  if clang-format --style=file --dry-run -Werror $sources; then count 0; else count 1 "clang-format"; fi
  # tests/ holds faults on purpose
  if cppcheck -q -j "$jobs" --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
    --suppressions-list=tests/cppcheck.supp -I sdk -I . core io plugins sdk; then
    count 0
  else
    count 1 "cppcheck"
  fi
}

# Every parser under libFuzzer for a few seconds; make check has its own mutator.
stage_fuzz () {
  configured build-fuzz CC=clang CFLAGS='-O1 -g' --enable-fuzzers || return
  targets=$(sed -n 's|^EXTRA_PROGRAMS += ||p' tests/fuzz/*.mk)
  # shellcheck disable=SC2086
  make -s -C build-fuzz -j "$jobs" $targets || return
  for target in $targets; do
    corpus=build-fuzz/corpus/${target##*/}
    mkdir -p "$corpus"
    if ./build-fuzz/run "build-fuzz/$target" -seed=1 -max_total_time=5 -artifact_prefix="$corpus-" "$corpus" \
      >"$corpus.log" 2>&1; then
      count 0
    else
      count 1 "$target"
      tail -n 20 "$corpus.log"
    fi
  done
}

# Sanitizers make gcc warn of what is not so: no -Werror here.
stage_asan () {
  configured build-asan CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined' || return
  checked build-asan
}

stage_valgrind () {
  configured build --enable-werror || return
  make -s -C build -j "$jobs" || return
  FORNIX_VALGRIND=1 checked build
}

stage_dist () {
  configured build --enable-werror || return
  if make -s -C build -j "$jobs" distcheck >build/distcheck.log 2>&1; then
    count 0
  else
    count 1 "make distcheck"
    tail -n 40 build/distcheck.log
  fi
}

check () {
  test $# -gt 0 || set -- tests locale clang style fuzz asan dist
  for stage in "$@"; do
    case $stage in
      tests | locale | clang | style | fuzz | asan | valgrind | dist) ;;
      *) echo "quickstart.sh: no stage called $stage; there are tests locale clang style fuzz asan valgrind dist" >&2 && exit 2 ;;
    esac
  done
  for stage in "$@"; do
    echo "== $stage"
    "stage_$stage" || count 1 "$stage"
  done
  test "$skipped" = 0 || echo "$skipped skipped"
  echo "$passed passed, $failed failed"
  test "$failed" = 0
}

# shellcheck disable=SC2086
case ${1-} in
  '')
    install_missing $needed
    first_chain
    ;;
  check)
    shift
    install_missing $needed $needed_by_tests
    check "$@"
    ;;
  *)
    sed -n '2,7s/^# *//p' "$0"
    exit 2
    ;;
esac
