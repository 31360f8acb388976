# The program as users run it, and the host alone.
BENCHES += bench/buffer bench/day bench/main-job bench/grid
EXTRA_PROGRAMS += bench/buffer bench/day bench/main-job bench/grid
EXTRA_DIST += bench/main-job-peer.py
bench_buffer_SOURCES = bench/buffer.c
bench_buffer_LDADD = $(TEST_LDADD)
bench_day_SOURCES = bench/day.c bench/child.h
bench_day_LDADD =
bench_main_job_SOURCES = bench/main-job.c bench/child.h
bench_main_job_LDADD =
bench_grid_SOURCES = bench/grid.c bench/child.h
bench_grid_LDADD =
