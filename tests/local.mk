# Small programs and scripts, one behaviour each: exit 0 passed, 1 failed, 77 skipped.
check_LTLIBRARIES += tests/libharness.la
tests_libharness_la_SOURCES = \
  tests/harness.c \
  tests/harness.h \
  tests/harness_buf.c \
  tests/harness_made.h \
  tests/harness_model.c \
  tests/harness_source.c \
  tests/harness_step.c
TEST_LDADD = tests/libharness.la libcore.la
# A program of one source tests/X/Y.c needs no more than its name in check_PROGRAMS.
LDADD = $(TEST_LDADD)

include tests/core/local.mk
include tests/io/local.mk
include tests/eeg/local.mk
include tests/riemann/local.mk
include tests/learn/local.mk
include tests/network/local.mk
include tests/encoding/local.mk
include tests/cli/local.mk
include tests/sdk/local.mk
include tests/fuzz/local.mk
