TESTS += tests/cli/chain.sh tests/cli/completion.sh
EXTRA_DIST += tests/cli/chain.sh tests/cli/completion.sh
TESTS += tests/cli/readme.sh
EXTRA_DIST += tests/cli/readme.sh
