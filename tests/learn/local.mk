check_LTLIBRARIES += tests/learn/libgolden.la
tests_learn_libgolden_la_SOURCES = tests/learn/golden.c tests/learn/golden.h tests/learn/sklearn.h
tests_learn_libgolden_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
LEARN_LDADD = tests/learn/libgolden.la plugins/common/libcommon.la $(TEST_LDADD) $(JANSSON_LIBS)

check_PROGRAMS += tests/learn/svm
TESTS += tests/learn/svm
tests_learn_svm_LDADD = $(LEARN_LDADD)

check_PROGRAMS += tests/learn/linear
TESTS += tests/learn/linear
tests_learn_linear_LDADD = $(LEARN_LDADD)

check_PROGRAMS += tests/learn/transform
TESTS += tests/learn/transform
tests_learn_transform_LDADD = $(LEARN_LDADD)

check_PROGRAMS += tests/learn/select
TESTS += tests/learn/select
tests_learn_select_LDADD = $(LEARN_LDADD)

check_PROGRAMS += tests/learn/regress
TESTS += tests/learn/regress
tests_learn_regress_SOURCES = tests/learn/regress.c
tests_learn_regress_LDFLAGS = $(TEST_LDFLAGS)
tests_learn_regress_LDADD = $(LEARN_LDADD)
