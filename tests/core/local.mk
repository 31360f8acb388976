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
