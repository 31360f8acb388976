riemann_tests = tests/riemann/golden
check_PROGRAMS += $(riemann_tests)
TESTS += $(riemann_tests)
noinst_HEADERS += tests/riemann/golden.h
tests_riemann_golden_SOURCES = tests/riemann/golden.c
tests_riemann_golden_LDADD = $(TEST_LDADD) $(JANSSON_LIBS)
tests_riemann_golden_LDFLAGS = $(TEST_LDFLAGS)
