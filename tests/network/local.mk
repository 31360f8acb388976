check_PROGRAMS += tests/network/planted tests/network/connectivity tests/network/voxelwise
TESTS += tests/network/planted tests/network/connectivity tests/network/voxelwise


tests_network_connectivity_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_network_connectivity_LDADD = $(TEST_LDADD) $(JANSSON_LIBS)

tests_network_voxelwise_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_network_voxelwise_LDADD = $(TEST_LDADD) $(JANSSON_LIBS)
