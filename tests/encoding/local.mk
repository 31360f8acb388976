check_PROGRAMS += tests/encoding/ridge
TESTS += tests/encoding/ridge
tests_encoding_ridge_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_encoding_ridge_LDADD = $(TEST_LDADD) $(JANSSON_LIBS)
