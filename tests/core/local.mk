check_PROGRAMS += tests/core/load
tests_core_load_SOURCES = tests/core/load.c
tests_core_load_LDADD = $(TEST_LDADD)
tests_core_load_LDFLAGS = $(TEST_LDFLAGS)
TESTS += tests/core/load
