check_PROGRAMS += tests/core/load
tests_core_load_SOURCES = tests/core/load.c
tests_core_load_LDADD = $(TEST_LDADD)
tests_core_load_LDFLAGS = $(TEST_LDFLAGS)
TESTS += tests/core/load

check_PROGRAMS += tests/core/folds tests/core/score
tests_core_folds_SOURCES = tests/core/folds.c
tests_core_folds_LDADD = $(TEST_LDADD)
tests_core_folds_LDFLAGS = $(TEST_LDFLAGS)
tests_core_score_SOURCES = tests/core/score.c
tests_core_score_LDADD = $(TEST_LDADD)
tests_core_score_LDFLAGS = $(TEST_LDFLAGS)
TESTS += tests/core/folds tests/core/score

# Values: numbers, units, settings, ports, random numbers, chains.
VALUE_TESTS = tests/core/chain tests/core/fault tests/core/nearest tests/core/param tests/core/rng tests/core/sha256 tests/core/sha256-plain tests/core/unit tests/core/what
check_PROGRAMS += $(VALUE_TESTS)
TESTS += $(VALUE_TESTS)
tests_core_chain_SOURCES = tests/core/chain.c
tests_core_chain_LDADD = $(TEST_LDADD)
tests_core_chain_LDFLAGS = $(TEST_LDFLAGS)
tests_core_fault_SOURCES = tests/core/fault.c
tests_core_fault_LDADD = $(TEST_LDADD)
tests_core_fault_LDFLAGS = $(TEST_LDFLAGS)
tests_core_nearest_SOURCES = tests/core/nearest.c
tests_core_nearest_LDADD = $(TEST_LDADD)
tests_core_nearest_LDFLAGS = $(TEST_LDFLAGS)
tests_core_param_SOURCES = tests/core/param.c
tests_core_param_LDADD = $(TEST_LDADD)
tests_core_param_LDFLAGS = $(TEST_LDFLAGS)
tests_core_rng_SOURCES = tests/core/rng.c
tests_core_rng_LDADD = $(TEST_LDADD)
tests_core_rng_LDFLAGS = $(TEST_LDFLAGS)
tests_core_sha256_SOURCES = tests/core/sha256.c
tests_core_sha256_LDADD = $(TEST_LDADD)
tests_core_sha256_LDFLAGS = $(TEST_LDFLAGS)
# The same tests on a processor without the SHA extensions.
tests_core_sha256_plain_SOURCES = tests/core/sha256.c core/sha256.c
tests_core_sha256_plain_CPPFLAGS = $(AM_CPPFLAGS) -DSHA256_PLAIN
tests_core_sha256_plain_LDADD = $(TEST_LDADD)
tests_core_sha256_plain_LDFLAGS = $(TEST_LDFLAGS)
tests_core_unit_SOURCES = tests/core/unit.c
tests_core_unit_LDADD = $(TEST_LDADD)
tests_core_unit_LDFLAGS = $(TEST_LDFLAGS)
tests_core_what_SOURCES = tests/core/what.c
tests_core_what_LDADD = $(TEST_LDADD)
tests_core_what_LDFLAGS = $(TEST_LDFLAGS)

check_PROGRAMS += tests/core/output
tests_core_output_SOURCES = tests/core/output.c
tests_core_output_LDADD = $(TEST_LDADD)
tests_core_output_LDFLAGS = $(TEST_LDFLAGS)
TESTS += tests/core/output

check_PROGRAMS += tests/core/table
tests_core_table_SOURCES = tests/core/table.c
tests_core_table_LDADD = $(TEST_LDADD)
tests_core_table_LDFLAGS = $(TEST_LDFLAGS)
TESTS += tests/core/table

check_PROGRAMS += tests/core/progress
tests_core_progress_SOURCES = tests/core/progress.c
tests_core_progress_LDADD = $(TEST_LDADD)
tests_core_progress_LDFLAGS = $(TEST_LDFLAGS)
TESTS += tests/core/progress

check_PROGRAMS += tests/core/model-file
tests_core_model_file_SOURCES = tests/core/model-file.c
tests_core_model_file_LDADD = $(TEST_LDADD)
tests_core_model_file_LDFLAGS = $(TEST_LDFLAGS)
TESTS += tests/core/model-file
check_PROGRAMS += tests/core/registry
tests_core_registry_SOURCES = tests/core/registry.c
tests_core_registry_LDADD = $(TEST_LDADD)
tests_core_registry_LDFLAGS = $(TEST_LDFLAGS)
TESTS += tests/core/registry

# What passes between steps, and what runs them.
check_PROGRAMS += tests/core/buffer tests/core/pool
TESTS += tests/core/buffer tests/core/pool
tests_core_buffer_SOURCES = tests/core/buffer.c
tests_core_buffer_LDADD = $(TEST_LDADD)
tests_core_buffer_LDFLAGS = $(TEST_LDFLAGS)
tests_core_pool_SOURCES = tests/core/pool.c
tests_core_pool_LDADD = $(TEST_LDADD)
tests_core_pool_LDFLAGS = $(TEST_LDFLAGS)
check_PROGRAMS += tests/core/collect tests/core/exec
TESTS += tests/core/collect tests/core/exec
tests_core_collect_SOURCES = tests/core/collect.c
tests_core_collect_LDADD = $(TEST_LDADD)
tests_core_collect_LDFLAGS = $(TEST_LDFLAGS)
tests_core_exec_SOURCES = tests/core/exec.c
tests_core_exec_LDADD = $(TEST_LDADD)
tests_core_exec_LDFLAGS = $(TEST_LDFLAGS)
check_LTLIBRARIES += tests/core/exec_steps.la
tests_core_exec_steps_la_SOURCES = tests/core/exec_steps.c
tests_core_exec_steps_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -rpath /nowhere
check_PROGRAMS += tests/core/paired
TESTS += tests/core/paired
tests_core_paired_SOURCES = tests/core/paired.c
tests_core_paired_LDADD = $(TEST_LDADD)
tests_core_paired_LDFLAGS = $(TEST_LDFLAGS)
