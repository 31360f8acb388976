check_PROGRAMS += tests/io/text tests/io/headset
TESTS += tests/io/text tests/io/headset
tests_io_text_SOURCES = tests/io/text.c tests/io/scratch.h
tests_io_headset_SOURCES = tests/io/headset.c tests/io/scratch.h
