TESTS += tests/cli/completion.sh
EXTRA_DIST += tests/cli/completion.sh
