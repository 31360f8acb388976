EXTRA_PROGRAMS += bench/csp
EXTRA_DIST += bench/csp-peer.py
bench_csp_SOURCES = bench/csp.c bench/child.h
bench_csp_LDADD =
