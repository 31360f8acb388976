noinst_LTLIBRARIES += io/text/libtext.la
io_text_libtext_la_SOURCES = \
  io/text/parse.c \
  io/text/number.c \
  io/text/text.h

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
