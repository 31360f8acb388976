# Manual pages: written in Markdown, or printed from the descriptors of the
# steps, and made into man pages by lowdown.
doc_pages = doc/fornix.1 doc/fornix-run.1 doc/fornix-chain.1 doc/fornix-inspect.1 doc/fornix-steps.1 \
  doc/fornix-plugins.1 doc/fornix-train.1 doc/fornix-apply.1 doc/fornix-new.1 doc/fornix-check.1 \
  doc/fornix-chain.5 doc/fornix-plugin.3
EXTRA_DIST += $(doc_pages:=.md) doc/step-pages.sh

if HAVE_LOWDOWN
man_MANS = $(doc_pages)
CLEANFILES += $(doc_pages) doc/step-pages.stamp doc/man7/*.7
LOWDOWN_MAN = $(LOWDOWN) -s --out-no-smarty -Tman

$(doc_pages): doc/%: $(srcdir)/doc/%.md
	$(AM_V_GEN)mkdir -p doc && $(LOWDOWN_MAN) -o $@ $<

# One page for each step of our own modules.
all-local: doc/step-pages.stamp
doc/step-pages.stamp: fornix$(EXEEXT) $(plugin_LTLIBRARIES) $(srcdir)/doc/step-pages.sh
	$(AM_V_GEN)./run $(SHELL) $(srcdir)/doc/step-pages.sh doc/man7 $(LOWDOWN_MAN) && touch $@

install-data-local: doc/step-pages.stamp
	mkdir -p '$(DESTDIR)$(mandir)/man7'
	$(INSTALL_DATA) doc/man7/*.7 '$(DESTDIR)$(mandir)/man7'
uninstall-local:
	for page in doc/man7/*.7; do rm -f "$(DESTDIR)$(mandir)/man7/$${page##*/}"; done
clean-local:
	-rm -rf doc/man7
endif
