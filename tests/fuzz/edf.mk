# The reader on hostile bytes; tests/io/edf-smoke runs it in make check.
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz-edf
endif
EXTRA_PROGRAMS += tests/fuzz/fuzz-edf
tests_fuzz_fuzz_edf_SOURCES = tests/fuzz/edf.c
tests_fuzz_fuzz_edf_CFLAGS = $(FUZZ_TARGET_CFLAGS)
tests_fuzz_fuzz_edf_LDADD = io/edf/libedfread.la -lm
tests_fuzz_fuzz_edf_LDFLAGS = $(FUZZ_LINK)
