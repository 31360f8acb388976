EXTRA_PROGRAMS += bench/crossspec
bench_crossspec_SOURCES = bench/crossspec.c
bench_crossspec_LDADD = $(TEST_LDADD) -lm
