check_PROGRAMS += tests/io/edf-oracle
tests_io_edf_oracle_SOURCES = tests/io/edf-oracle.c
tests_io_edf_oracle_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_io_edf_oracle_LDADD = $(TEST_LDADD) $(JANSSON_LIBS)
tests_io_edf_oracle_LDFLAGS = $(TEST_LDFLAGS)
TESTS += tests/io/edf-oracle
