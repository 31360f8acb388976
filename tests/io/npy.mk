check_PROGRAMS += tests/io/npy
TESTS += tests/io/npy
tests_io_npy_SOURCES = tests/io/npy.c tests/io/scratch.h
