check_PROGRAMS += tests/io/text
TESTS += tests/io/text
tests_io_text_SOURCES = tests/io/text.c tests/io/scratch.h
