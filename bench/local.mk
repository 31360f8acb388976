# Benchmarks: programs that print a table; `make bench` builds and runs them.
include bench/edf.mk
include bench/eeg.mk
include bench/riemann.mk
include bench/fmri.mk
include bench/encoding.mk
include bench/core.mk
