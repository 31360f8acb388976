EXTRA_PROGRAMS += bench/riemann
bench_riemann_SOURCES = bench/riemann.c
bench_riemann_CFLAGS = $(AM_CFLAGS) $(LAPACKE_CFLAGS) $(OPENBLAS_CFLAGS)
bench_riemann_LDADD = $(TEST_LDADD) plugins/common/libcommon.la $(LAPACKE_LIBS) $(OPENBLAS_LIBS) -lm
