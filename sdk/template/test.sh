#!/bin/sh
# The contract first, then the plugin at work on a made-up recording.
set -e
fornix check ./sharpen.so
fornix --plugin-path . run sim:fists ! sharpen factor=2 ! psd ! table | head -3
