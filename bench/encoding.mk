EXTRA_PROGRAMS += bench/encoding
bench_encoding_SOURCES = bench/encoding.c
bench_encoding_CFLAGS = $(AM_CFLAGS) $(OPENBLAS_CFLAGS)
bench_encoding_LDADD = $(TEST_LDADD) $(OPENBLAS_LIBS) -lm
