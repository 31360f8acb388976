check_PROGRAMS += tests/io/nifti
TESTS += tests/io/nifti
tests_io_nifti_SOURCES = tests/io/nifti.c tests/io/scratch.h
tests_io_nifti_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
tests_io_nifti_LDADD = $(TEST_LDADD) $(ZLIB_LIBS)
