# What several families need, linked statically into each module that asks.
noinst_LTLIBRARIES += plugins/common/libcommon.la
plugins_common_libcommon_la_CFLAGS = $(AM_CFLAGS) $(OPENBLAS_CFLAGS) $(LAPACKE_CFLAGS)
plugins_common_libcommon_la_LIBADD = $(LAPACKE_LIBS) $(OPENBLAS_LIBS) -lm
plugins_common_libcommon_la_SOURCES = \
  plugins/common/discriminant.c \
  plugins/common/discriminant.h \
  plugins/common/halves.c \
  plugins/common/linalg.c \
  plugins/common/linalg.h \
  plugins/common/eigsmall.c \
  plugins/common/eigsmall.h \
  plugins/common/spd.c \
  plugins/common/spd.h \
  plugins/common/spd_distance.c \
  plugins/common/spd_geodesic.c \
  plugins/common/spd_impl.h \
  plugins/common/symlog.c \
  plugins/common/symlog.h plugins/common/symlog_of.h \
  plugins/common/fourlog.c \
  plugins/common/fourlog.h \
  plugins/common/give.h \
  plugins/common/cov.c \
  plugins/common/cov.h \
  plugins/common/mestimate.c \
  plugins/common/mestimate.h \
  plugins/common/distribution.c \
  plugins/common/distribution.h \
  plugins/common/mean.c \
  plugins/common/mean.h \
  plugins/common/mean_riemann.c \
  plugins/common/mean_impl.h \
  plugins/common/trials.h \
  plugins/common/trialname.c \
  plugins/common/trialname.h \
  plugins/common/rows.c \
  plugins/common/classes.c \
  plugins/common/numbers.c \
  plugins/common/scores.c \
  plugins/common/estimator.c \
  plugins/common/estimator.h \
  plugins/common/give.h \
  plugins/common/mutual.c \
  plugins/common/mutual.h \
  plugins/common/neighbours.c \
  plugins/common/neighbours.h \
  plugins/common/state.h
# Channels and one-dimensional signals: FFTW, no BLAS.
noinst_LTLIBRARIES += plugins/common/libsignal.la
plugins_common_libsignal_la_CFLAGS = $(AM_CFLAGS) $(FFTW_CFLAGS)
plugins_common_libsignal_la_LIBADD = $(FFTW_LIBS) -lm
plugins_common_libsignal_la_SOURCES = \
  plugins/common/clones.h \
  plugins/common/electrodes.c \
  plugins/common/electrodes.h \
  plugins/common/fft.c \
  plugins/common/fft.h \
  plugins/common/tape.c \
  plugins/common/tape.h \
  plugins/common/fir.c \
  plugins/common/fir.h \
  plugins/common/iir.c \
  plugins/common/iir.h \
  plugins/common/polyphase.c \
  plugins/common/polyphase.h
# Kernel machines: libsvm beside libcommon, whose functions it calls.
noinst_LTLIBRARIES += plugins/common/libmachine.la
plugins_common_libmachine_la_CFLAGS = $(AM_CFLAGS) $(OPENBLAS_CFLAGS)
plugins_common_libmachine_la_SOURCES = \
  plugins/common/machine.c \
  plugins/common/machine.h \
  plugins/common/products.c
