plugin_LTLIBRARIES += plugins/encoding/encoding.la
plugins_encoding_encoding_la_SOURCES = \
  plugins/encoding/module.c \
  plugins/encoding/encoding.h \
  plugins/encoding/ridge.c \
  plugins/encoding/ridge.h \
  plugins/encoding/solve.c \
  plugins/encoding/tile.c \
  plugins/encoding/tile_of.h
plugins_encoding_encoding_la_LDFLAGS = $(AM_LDFLAGS) $(MODULE_LDFLAGS)
plugins_encoding_encoding_la_LIBADD = plugins/common/libcommon.la $(LAPACKE_LIBS) $(OPENBLAS_LIBS) -lm
plugins_encoding_encoding_la_CPPFLAGS = $(AM_CPPFLAGS) $(AS_MODULE)encoding
plugins_encoding_encoding_la_CFLAGS = $(AM_CFLAGS) $(LAPACKE_CFLAGS) $(OPENBLAS_CFLAGS)
