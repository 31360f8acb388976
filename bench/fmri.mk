EXTRA_PROGRAMS += bench/fmri
bench_fmri_SOURCES = bench/fmri.c
bench_fmri_CFLAGS = $(AM_CFLAGS) $(OPENBLAS_CFLAGS)
bench_fmri_LDADD = $(TEST_LDADD) $(OPENBLAS_LIBS) -lm
