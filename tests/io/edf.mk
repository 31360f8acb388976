EDF_TESTS = tests/io/edf-edge tests/io/edf-electrodes tests/io/edf-made tests/io/edf-oracle tests/io/edf-smoke \
  tests/io/edf-write
check_PROGRAMS += $(EDF_TESTS)
TESTS += $(EDF_TESTS)
noinst_HEADERS += tests/io/edf-make.h
tests_io_edf_electrodes_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_io_edf_electrodes_LDADD = io/edf/libedfread.la $(TEST_LDADD) $(JANSSON_LIBS)
tests_io_edf_oracle_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_io_edf_oracle_LDADD = $(TEST_LDADD) $(JANSSON_LIBS)
tests_io_edf_smoke_SOURCES = tests/io/edf-smoke.c tests/fuzz/edf.c
tests_io_edf_smoke_LDADD = io/edf/libedfread.la $(TEST_LDADD)
tests_io_edf_edge_LDADD = io/edf/libedfread.la $(TEST_LDADD)
