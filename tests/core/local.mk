check_PROGRAMS += tests/core/load
TESTS += tests/core/load

check_PROGRAMS += tests/core/folds tests/core/score
TESTS += tests/core/folds tests/core/score

# Values: numbers, units, settings, ports, random numbers, chains.
VALUE_TESTS = tests/core/chain tests/core/fault tests/core/nearest tests/core/param tests/core/rng tests/core/sha256 tests/core/sha256-plain tests/core/unit tests/core/what
check_PROGRAMS += $(VALUE_TESTS)
TESTS += $(VALUE_TESTS)
# The same tests on a processor without the SHA extensions.
tests_core_sha256_plain_SOURCES = tests/core/sha256.c core/sha256.c
tests_core_sha256_plain_CPPFLAGS = $(AM_CPPFLAGS) -DSHA256_PLAIN

check_PROGRAMS += tests/core/output
TESTS += tests/core/output

check_PROGRAMS += tests/core/table
TESTS += tests/core/table

check_PROGRAMS += tests/core/progress
TESTS += tests/core/progress

check_PROGRAMS += tests/core/model-file
TESTS += tests/core/model-file
check_PROGRAMS += tests/core/registry
TESTS += tests/core/registry

# What passes between steps, and what runs them.
check_PROGRAMS += tests/core/buffer tests/core/pool
TESTS += tests/core/buffer tests/core/pool
check_PROGRAMS += tests/core/collect tests/core/exec
TESTS += tests/core/collect tests/core/exec
check_LTLIBRARIES += tests/core/exec_steps.la
tests_core_exec_steps_la_SOURCES = tests/core/exec_steps.c
tests_core_exec_steps_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -rpath /nowhere
check_PROGRAMS += tests/core/paired
TESTS += tests/core/paired
check_PROGRAMS += tests/core/figure
TESTS += tests/core/figure
tests_core_figure_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
