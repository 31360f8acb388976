# Reading is a library of its own: the network family reads masks with it.
noinst_LTLIBRARIES += io/nifti/libnifti.la
io_nifti_libnifti_la_SOURCES = \
  io/nifti/feed.c \
  io/nifti/header.c \
  io/nifti/image.c \
  io/nifti/nifti.h \
  io/suffix.h \
  io/rate.h
io_nifti_libnifti_la_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
io_nifti_libnifti_la_LIBADD = $(ZLIB_LIBS)

plugin_LTLIBRARIES += io/nifti/nifti.la
io_nifti_nifti_la_SOURCES = \
  io/nifti/module.c \
  io/nifti/reader.c \
  io/nifti/writer.c \
  io/nifti/sidecar.c \
  io/writer.h
io_nifti_nifti_la_CPPFLAGS = $(AM_CPPFLAGS) $(AS_MODULE)nifti
io_nifti_nifti_la_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS) $(JANSSON_CFLAGS)
io_nifti_nifti_la_LDFLAGS = $(AM_LDFLAGS) $(MODULE_LDFLAGS)
io_nifti_nifti_la_LIBADD = io/nifti/libnifti.la $(ZLIB_LIBS) $(JANSSON_LIBS) -lm
