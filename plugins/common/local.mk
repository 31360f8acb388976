noinst_HEADERS += plugins/common/state.h
