EXTRA_PROGRAMS += bench/edf
bench_edf_SOURCES = bench/edf.c
bench_edf_LDADD = $(TEST_LDADD) $(EDFLIB_LIBS)
