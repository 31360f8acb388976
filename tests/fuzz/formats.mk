# The readers of files: targets link the parsers themselves, not the modules.
check_PROGRAMS += tests/fuzz/nifti-mutate tests/fuzz/text-mutate tests/fuzz/npy-mutate
TESTS += tests/fuzz/nifti-mutate tests/fuzz/text-mutate tests/fuzz/npy-mutate
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz-nifti tests/fuzz/fuzz-text tests/fuzz/fuzz-npy
endif
EXTRA_PROGRAMS += tests/fuzz/fuzz-nifti tests/fuzz/fuzz-text tests/fuzz/fuzz-npy

tests_fuzz_nifti_mutate_SOURCES = tests/fuzz/nifti.c tests/fuzz/nifti-mutate.c $(FUZZ_MUTATE)
tests_fuzz_nifti_mutate_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
tests_fuzz_nifti_mutate_LDADD = io/nifti/libnifti.la $(TEST_LDADD) $(ZLIB_LIBS)
tests_fuzz_fuzz_nifti_SOURCES = tests/fuzz/nifti.c
tests_fuzz_fuzz_nifti_CFLAGS = $(FUZZ_TARGET_CFLAGS) $(ZLIB_CFLAGS)
tests_fuzz_fuzz_nifti_LDADD = io/nifti/libnifti.la $(TEST_LDADD) $(ZLIB_LIBS)
tests_fuzz_fuzz_nifti_LDFLAGS = $(FUZZ_LINK)

tests_fuzz_text_mutate_SOURCES = tests/fuzz/text.c tests/fuzz/text-mutate.c $(FUZZ_MUTATE)
tests_fuzz_text_mutate_LDADD = io/text/libtext.la $(TEST_LDADD)
tests_fuzz_fuzz_text_SOURCES = tests/fuzz/text.c
tests_fuzz_fuzz_text_CFLAGS = $(FUZZ_TARGET_CFLAGS)
tests_fuzz_fuzz_text_LDADD = io/text/libtext.la $(TEST_LDADD)
tests_fuzz_fuzz_text_LDFLAGS = $(FUZZ_LINK)

tests_fuzz_npy_mutate_SOURCES = tests/fuzz/npy.c tests/fuzz/npy-mutate.c $(FUZZ_MUTATE)
tests_fuzz_npy_mutate_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_npy_mutate_LDADD = io/npy/libnpy.la $(TEST_LDADD) $(JANSSON_LIBS)
tests_fuzz_fuzz_npy_SOURCES = tests/fuzz/npy.c
tests_fuzz_fuzz_npy_CFLAGS = $(FUZZ_TARGET_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_npy_LDADD = io/npy/libnpy.la $(TEST_LDADD) $(JANSSON_LIBS)
tests_fuzz_fuzz_npy_LDFLAGS = $(FUZZ_LINK)
noinst_HEADERS += tests/fuzz/calls.h
