noinst_LTLIBRARIES += io/npy/libnpy.la
io_npy_libnpy_la_SOURCES = \
  io/npy/header.c \
  io/npy/spec.c \
  io/npy/npy.h
io_npy_libnpy_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)

plugin_LTLIBRARIES += io/npy/npy.la
io_npy_npy_la_SOURCES = \
  io/npy/module.c \
  io/npy/reader.c \
  io/npy/writer.c \
  io/writer.h
io_npy_npy_la_CPPFLAGS = $(AM_CPPFLAGS) $(AS_MODULE)npy
io_npy_npy_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
io_npy_npy_la_LDFLAGS = $(AM_LDFLAGS) $(MODULE_LDFLAGS)
io_npy_npy_la_LIBADD = io/npy/libnpy.la $(JANSSON_LIBS) -lm
