# Reading is a library of its own: the fuzzer and the tests drive it without a
# host.  No contraction: all ways to cut a recording give the same bytes.
noinst_LTLIBRARIES += io/edf/libedfread.la
io_edf_libedfread_la_SOURCES = \
  io/edf/bytes.c \
  io/edf/damage.c \
  io/edf/demux.c \
  io/edf/edf.h \
  io/edf/field.c \
  io/edf/file.c \
  io/edf/header.c \
  io/edf/names.c \
  io/edf/samples.c \
  io/edf/say.c \
  io/edf/tal.c \
  io/edf/unit.c \
  io/edf/view.c \
  plugins/common/electrodes.c
io_edf_libedfread_la_CFLAGS = $(AM_CFLAGS) -ffp-contract=off

plugin_LTLIBRARIES += io/edf/edf.la
io_edf_edf_la_SOURCES = \
  io/edf/module.c \
  io/edf/reader.c \
  io/edf/spec.c \
  io/edf/writer.c \
  io/writer.h
io_edf_edf_la_CPPFLAGS = $(AM_CPPFLAGS) $(AS_MODULE)edf
io_edf_edf_la_CFLAGS = $(AM_CFLAGS) -ffp-contract=off
io_edf_edf_la_LDFLAGS = $(AM_LDFLAGS) $(MODULE_LDFLAGS)
io_edf_edf_la_LIBADD = io/edf/libedfread.la $(EDFLIB_LIBS) -lm
