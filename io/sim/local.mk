# Of plugins/common only the electrodes: the whole library would bring OpenBLAS along.
plugin_LTLIBRARIES += io/sim/sim.la
io_sim_sim_la_SOURCES = \
  io/sim/sim.c \
  io/sim/sim.h \
  io/sim/eeg.c \
  io/sim/eeg.h \
  io/sim/fists.c \
  io/sim/p300.c \
  io/sim/tempo.c \
  io/sim/effort.c \
  io/sim/rest.c \
  io/sim/encoding.c \
  plugins/common/electrodes.c
io_sim_sim_la_CPPFLAGS = $(AM_CPPFLAGS) $(AS_MODULE)sim
io_sim_sim_la_CFLAGS = $(AM_CFLAGS)
io_sim_sim_la_LDFLAGS = $(AM_LDFLAGS) $(MODULE_LDFLAGS)
io_sim_sim_la_LIBADD = -lm
