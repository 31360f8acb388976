include tests/io/nifti.mk
include tests/io/npy.mk
include tests/io/text.mk
include tests/io/edf.mk
check_PROGRAMS += tests/io/sim
TESTS += tests/io/sim
