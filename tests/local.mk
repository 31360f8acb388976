# Small programs and .tap scripts, one behaviour each.
include tests/core/local.mk
include tests/io/local.mk
include tests/eeg/local.mk
include tests/riemann/local.mk
include tests/learn/local.mk
include tests/network/local.mk
include tests/encoding/local.mk
include tests/cli/local.mk
include tests/sdk/local.mk
include tests/fuzz/local.mk
