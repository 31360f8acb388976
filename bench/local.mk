# Benchmarks: programs that print a table; `make bench` builds and runs them.
BENCHES =
include bench/edf.mk
include bench/eeg.mk
include bench/riemann.mk
include bench/crossspec.mk
include bench/csp.mk
include bench/fmri.mk
include bench/encoding.mk
include bench/core.mk
BENCHES += bench/edf bench/eeg bench/riemann bench/crossspec bench/csp bench/fmri bench/encoding

.PHONY: bench
bench: all $(BENCHES)
	@for b in $(BENCHES); do echo "== $$b"; top_srcdir='$(top_srcdir)' ./run $$b || exit 1; echo; done
