plugin_LTLIBRARIES += plugins/eeg/eeg.la
plugins_eeg_eeg_la_CPPFLAGS = $(AM_CPPFLAGS) $(AS_MODULE)eeg
plugins_eeg_eeg_la_CFLAGS = $(AM_CFLAGS)
plugins_eeg_eeg_la_LDFLAGS = $(AM_LDFLAGS) $(MODULE_LDFLAGS)
plugins_eeg_eeg_la_LIBADD = plugins/common/libsignal.la -lm
plugins_eeg_eeg_la_SOURCES = \
  plugins/eeg/module.c \
  plugins/eeg/steps.h \
  plugins/eeg/eeg.h \
  plugins/eeg/shape.c \
  plugins/eeg/channels.c \
  plugins/eeg/flow.c \
  plugins/eeg/filtering.c \
  plugins/eeg/filtering.h \
  plugins/eeg/bandpass.c \
  plugins/eeg/bandpass.h \
  plugins/eeg/filterbank.c \
  plugins/eeg/band.c \
  plugins/eeg/epoch.c \
  plugins/eeg/notch.c \
  plugins/eeg/pick.c \
  plugins/eeg/psd.c \
  plugins/eeg/welch.c \
  plugins/eeg/welch.h \
  plugins/eeg/reref.c \
  plugins/eeg/resample.c \
  plugins/eeg/template.c
