# Fuzz targets.  X.c is the target; X-mutate runs it on mutated seeds in make
# check, with any compiler; fuzz-X is the libFuzzer program (--enable-fuzzers).
FUZZ_MUTATE = tests/fuzz/mutate.c tests/fuzz/mutate.h
FUZZ_LINK = -fsanitize=fuzzer,address,undefined
FUZZ_TARGET_CFLAGS = $(AM_CFLAGS) $(FUZZ_LINK)

check_PROGRAMS += tests/fuzz/chain-mutate
TESTS += tests/fuzz/chain-mutate
tests_fuzz_chain_mutate_SOURCES = tests/fuzz/chain.c tests/fuzz/chain-mutate.c $(FUZZ_MUTATE)

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz-chain
endif
EXTRA_PROGRAMS += tests/fuzz/fuzz-chain
tests_fuzz_fuzz_chain_SOURCES = tests/fuzz/chain.c
tests_fuzz_fuzz_chain_CFLAGS = $(FUZZ_TARGET_CFLAGS)
tests_fuzz_fuzz_chain_LDFLAGS = $(FUZZ_LINK)
include tests/fuzz/formats.mk

check_PROGRAMS += tests/fuzz/model-mutate
TESTS += tests/fuzz/model-mutate
tests_fuzz_model_mutate_SOURCES = tests/fuzz/model.c tests/fuzz/model-mutate.c $(FUZZ_MUTATE)

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz-model
endif
EXTRA_PROGRAMS += tests/fuzz/fuzz-model
tests_fuzz_fuzz_model_SOURCES = tests/fuzz/model.c
tests_fuzz_fuzz_model_CFLAGS = $(FUZZ_TARGET_CFLAGS)
tests_fuzz_fuzz_model_LDFLAGS = $(FUZZ_LINK)
include tests/fuzz/edf.mk

check_PROGRAMS += tests/fuzz/param-mutate
TESTS += tests/fuzz/param-mutate
tests_fuzz_param_mutate_SOURCES = tests/fuzz/param.c tests/fuzz/param-mutate.c $(FUZZ_MUTATE)
tests_fuzz_param_mutate_LDADD = $(TEST_LDADD) $(JANSSON_LIBS)

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz-param
endif
EXTRA_PROGRAMS += tests/fuzz/fuzz-param
tests_fuzz_fuzz_param_SOURCES = tests/fuzz/param.c
tests_fuzz_fuzz_param_CFLAGS = $(FUZZ_TARGET_CFLAGS)
tests_fuzz_fuzz_param_LDADD = $(TEST_LDADD) $(JANSSON_LIBS)
tests_fuzz_fuzz_param_LDFLAGS = $(FUZZ_LINK)
