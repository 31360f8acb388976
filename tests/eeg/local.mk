check_PROGRAMS += tests/eeg/band tests/eeg/steps tests/eeg/streams tests/eeg/oracle
TESTS += tests/eeg/band tests/eeg/steps tests/eeg/streams tests/eeg/oracle
tests_eeg_oracle_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_eeg_oracle_LDADD = $(TEST_LDADD) $(JANSSON_LIBS) -lm
check_PROGRAMS += tests/eeg/filterbank
TESTS += tests/eeg/filterbank
