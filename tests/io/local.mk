include tests/io/edf.mk
