EXTRA_PROGRAMS += bench/eeg
bench_eeg_SOURCES = bench/eeg.c
bench_eeg_CFLAGS = $(AM_CFLAGS) $(FFTW_CFLAGS)
bench_eeg_LDADD = libcore.la $(FFTW_LIBS) -lm
