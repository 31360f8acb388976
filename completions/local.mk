# What the shell offers when Tab is pressed.
bashcomp_DATA = completions/fornix
EXTRA_DIST += $(bashcomp_DATA)
