noinst_LTLIBRARIES += io/text/libtext.la
io_text_libtext_la_SOURCES = \
  io/edf/unit.c \
  io/text/marks.c \
  io/text/number.c \
  io/text/parse.c \
  io/text/roles.c \
  io/text/stamps.c \
  io/text/table.c \
  io/text/table.h \
  io/text/text.h \
  io/suffix.h \
  io/text/tracks.c \
  io/text/tracks.h \
  plugins/common/electrodes.c

plugin_LTLIBRARIES += io/text/text.la
io_text_text_la_SOURCES = \
  io/text/module.c \
  io/text/reader.c \
  io/text/writer.c \
  io/writer.h
io_text_text_la_CPPFLAGS = $(AM_CPPFLAGS) $(AS_MODULE)text
io_text_text_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
io_text_text_la_LDFLAGS = $(AM_LDFLAGS) $(MODULE_LDFLAGS)
io_text_text_la_LIBADD = io/text/libtext.la $(JANSSON_LIBS) -lm
