include tests/io/nifti.mk
include tests/io/npy.mk
include tests/io/text.mk
include tests/io/edf.mk
check_PROGRAMS += tests/io/sim
TESTS += tests/io/sim
tests_io_sim_SOURCES = tests/io/sim.c
tests_io_sim_LDFLAGS = $(TEST_LDFLAGS)
tests_io_sim_LDADD = $(TEST_LDADD)
