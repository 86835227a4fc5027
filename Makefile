# tuyen: build, test, install. "make help" lists the targets.

.DEFAULT_GOAL := all
VERSION := 0.1.0
BUILD ?= build
CC ?= cc
CLANG ?= clang
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
LOCALEDIR ?= $(PREFIX)/share/locale
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
UNITDIR ?= /lib/systemd/system
DOCDIR ?= $(PREFIX)/share/doc/tuyen

# Debian packages: to build and run; to test.
PACKAGES := gcc libc6-dev pkg-config gettext libgit2-dev libuv1-dev zlib1g-dev libyaml-dev libssl-dev \
	libutf8proc-dev libsmartcols-dev libjansson-dev libarchive-dev
TEST_PACKAGES := clang libclang-rt-14-dev libcmocka-dev clang-format mandoc jq git openssh-client perl systemd iproute2
DEMO_PACKAGES := git jq
BENCH_PACKAGES := jq git perl openssl openssh-client iproute2
LIBRARIES := libgit2 libuv zlib yaml-0.1 libcrypto libssl libutf8proc smartcols jansson libarchive

Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-7s %s\n' $(1) $(2))

# SAN=1 builds with AddressSanitizer and UndefinedBehaviorSanitizer, by clang, into $(BUILD)/san.
ifdef SAN
CC := $(CLANG)
OUT := $(BUILD)/san
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else ifdef COVERAGE
OUT := $(BUILD)/coverage
SANFLAGS := --coverage -O0
else
OUT := $(BUILD)
endif

CFLAGS ?= -O2 -g
PKG_CFLAGS := $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null)
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
HARDEN := -fstack-protector-strong -fPIE
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DTUYEN_VERSION='"$(VERSION)"' -DTUYEN_LOCALEDIR='"$(LOCALEDIR)"' -Idaemon -MMD -MP \
	$(WARN) $(HARDEN) $(CFLAGS) $(SANFLAGS) $(PKG_CFLAGS)
LDFLAGS += -pie -Wl,-z,relro,-z,now,--as-needed $(SANFLAGS)
LDLIBS = $(PKG_LIBS)

ROOMS := $(shell sed '/^\#/d; s/ .*//' tests/lint/rooms)
allowed = $(shell sed -n 's/^$(1)  *//p' tests/lint/rooms)
room_lib = $(OUT)/lib/$(1).a
ALL_LIBS := $(foreach r,$(ROOMS),$(OUT)/lib/$(r).a)
group = -Wl,--start-group $(1) -Wl,--end-group
objects = $(patsubst %.c,$(OUT)/obj/%.o,$(1))

CLI_SRC := $(wildcard cli/*.c) daemon/view_store.c
DAEMON_SRC := $(wildcard daemon/*.c daemon/node/*.c daemon/links/*.c)
MAN := $(wildcard cli/*.[1-8] daemon/*.[1-8])
SCHEMA := $(sort $(wildcard schema/types/*.yaml schema/calendars/*.yaml))

all: $(OUT)/tuyen $(OUT)/tuyend $(OUT)/locale/vi/LC_MESSAGES/tuyen.mo ## build the programs
.PHONY: all

$(OUT)/tuyen: $(call objects,$(CLI_SRC)) $(ALL_LIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(call group,$(ALL_LIBS)) $(LDLIBS)

$(OUT)/tuyend: $(call objects,$(DAEMON_SRC)) $(ALL_LIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(call group,$(ALL_LIBS)) $(LDLIBS)

$(OUT)/obj/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# A room is a library: what it exports is its headers.
define room_rules
$(OUT)/lib/$(1).a: $(call objects,$(wildcard daemon/$(1)/*.c)) $(if $(filter record,$(1)),$(OUT)/obj/schema.o)
	$$(call say,AR,$$@)
	$$(Q)mkdir -p $$(@D) && rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room_rules,$(r))))

# The files of schema/ as C strings.
$(OUT)/gen/schema.c: $(SCHEMA) Makefile
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q){ echo '#include "record/schema.h"'; echo 'const struct schema_file schema_files[] = {'; \
	for f in $(SCHEMA); do echo "{\"$${f#schema/}\","; \
	sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/' $$f; echo '},'; done; echo '{0, 0}};'; } > $@
$(OUT)/obj/schema.o: $(OUT)/gen/schema.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(OUT)/locale/vi/LC_MESSAGES/tuyen.mo: contrib/po/vi.po
	$(call say,MO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)msgfmt --check -o $@ $<

# Tests. tests/unit/<room>/<file>_test.c links its room and what that room may include.
UNIT_SRC := $(wildcard tests/unit/$(or $(ROOM),*)/*_test.c)
UNIT_BIN := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(UNIT_SRC))
test_room = $(firstword $(subst /, ,$(patsubst $(OUT)/tests/%,%,$(1))))
test_libs = $(foreach r,$(call test_room,$(1)) $(call allowed,$(call test_room,$(1))),$(OUT)/lib/$(r).a)
.SECONDEXPANSION:
$(UNIT_BIN): $(OUT)/tests/%: $(OUT)/obj/tests/unit/%.o $$(call test_libs,$$@)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(call group,$(filter %.a,$^)) -lcmocka $(LDLIBS)
$(OUT)/obj/tests/%.o: ALL_CFLAGS += -Itests/lib -Wno-missing-prototypes
# Coverage of the merge is that of all rule versions, the one that only tests know as well.
ifdef COVERAGE
$(OUT)/obj/daemon/merge/%.o $(OUT)/obj/tests/unit/merge/%.o: ALL_CFLAGS += -DTUYEN_NEXT
endif

unit: $(UNIT_BIN) ## run the unit tests of this build (UNIT=pattern to choose)
	$(Q)for t in $(if $(UNIT),$(foreach t,$(UNIT_BIN),$(if $(findstring $(UNIT),$(t)),$(t))),$(UNIT_BIN)); do echo "# $$t"; $$t || exit 1; done
.PHONY: unit

# Fuzzers: tests/fuzz/<name>_fuzz.c, room named in its first line: /* room: record */
FUZZ_SRC := $(wildcard tests/fuzz/*_fuzz.c)
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SRC))
SECONDS ?= 60
FUZZ_CC = $(CLANG) -std=c11 -D_GNU_SOURCE -DTUYEN_VERSION='"$(VERSION)"' -Idaemon -Itests/lib -g -O1 -fno-sanitize-recover=all $(PKG_CFLAGS)
FUZZ_OBJ := $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(wildcard daemon/*/*.c))
$(FUZZ_OBJ): $(BUILD)/fuzz/obj/%.o: %.c $(BUILD)/gen/schema.c
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c -o $@ $<
-include $(FUZZ_OBJ:.o=.d)
$(FUZZ_BIN): $(BUILD)/fuzz/%: tests/fuzz/%.c $(FUZZ_OBJ) $(wildcard tests/lib/*.h)
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)room=$$(sed -n '1s,^/\* room: \([a-z]*\).*,\1,p' $<); \
	rooms="$$room $$(sed -n "s/^$$room  *//p" tests/lint/rooms)"; objects=; \
	for r in $$rooms; do for c in daemon/$$r/*.c; do objects="$$objects $(BUILD)/fuzz/obj/$${c%.c}.o"; done; done; \
	$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $< $$objects $(BUILD)/gen/schema.c $(LDLIBS)
fuzz: $(FUZZ_BIN) ## fuzz every parser for SECONDS=60 each
	$(Q)for f in $(FUZZ_BIN); do n=$$(basename $$f); mkdir -p $(BUILD)/corpus/$$n; \
	  echo "# $$n"; seeds=tests/fuzz/seeds/$${n%_fuzz}; [ -d $$seeds ] || seeds=; \
	  $$f -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -verbosity=0 \
	    $(BUILD)/corpus/$$n $$seeds || exit 1; done
fuzz-short: $(FUZZ_BIN)
	$(Q)for f in $(FUZZ_BIN); do n=$$(basename $$f); mkdir -p $(BUILD)/corpus/$$n; \
	  echo "# $$n"; seeds=tests/fuzz/seeds/$${n%_fuzz}; [ -d $$seeds ] || seeds=; \
	  $$f -runs=20000 -seed=1 -timeout=10 -rss_limit_mb=1024 -verbosity=0 $(BUILD)/corpus/$$n $$seeds || exit 1; done
.PHONY: fuzz fuzz-short

# The simulator: the protocol step, the merge rule and an in-memory store; no socket, no clock.
SIM_SRC := $(wildcard tests/sim/*.c)
SIM_LIBS := $(foreach r,base record merge sync,$(OUT)/lib/$(r).a)
$(OUT)/simulate: $(call objects,$(SIM_SRC)) $(SIM_LIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(call group,$(SIM_LIBS)) $(LDLIBS)
SEEDS ?= 1-50
JOBS ?= 2
# System tests wait most of the time.
PROVE_JOBS ?= 3
sim: $(OUT)/simulate ## random histories over simulated lines: SEEDS=1-50
	$(Q)$(OUT)/simulate --seeds $(SEEDS)
.PHONY: sim

# The proof of the merge: all small histories, one by one, against the oracle.
PROOF_LIBS := $(foreach r,base record merge,$(OUT)/lib/$(r).a)
$(OUT)/testbin/small: $(call objects,tests/proof/small.c) $(PROOF_LIBS)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(call group,$(PROOF_LIBS)) $(LDLIBS)
$(OUT)/obj/tests/proof/%.o: ALL_CFLAGS += -Itests
SEED ?= 1
EDITS ?= 1000000
twice = for part in 1 2; do $(1) & pids="$$pids $$!"; done; for pid in $$pids; do wait $$pid || bad=1; done; [ -z "$$bad" ]
each_of_two = for kind in $(2); do $(1) & pids="$$pids $$!"; done; for pid in $$pids; do wait $$pid || bad=1; done; [ -z "$$bad" ]
proof: $(OUT)/testbin/small $(OUT)/simulate ## the merge: all small histories beside the oracle, and EDITS=1000000 in random countries (SEED=1); an hour
	$(Q)$(call twice,$(OUT)/testbin/small 2 2 2 --part $$part/2 --seed $(SEED))
	$(Q)$(OUT)/testbin/small --equal 2 1 2 --seed $(SEED)
	$(Q)$(OUT)/testbin/small --walks 20000 3 3 3 --seed $(SEED)
	$(Q)$(OUT)/testbin/small --walks 20000 --equal 3 3 3 --seed $(SEED)
	$(Q)$(OUT)/testbin/small --claims 1 1 2 --seed $(SEED)
	$(Q)$(OUT)/testbin/small --forked 1 1 2 --seed $(SEED)
	$(Q)$(OUT)/testbin/small --walks 10000 --words 3 3 3 --seed $(SEED)
	$(Q)$(call each_of_two,$(OUT)/testbin/small --walks 10000 --words $$kind 3 3 3 --seed $(SEED),--claims --forked)
	$(Q)$(call twice,$(OUT)/simulate --edits $$(($(EDITS) / 2)) --seeds $(SEED)$$part)
proof-short: $(OUT)/testbin/small $(OUT)/simulate
	$(Q)$(OUT)/testbin/small 1 2 1 && $(OUT)/testbin/small --equal 1 1 2 && $(OUT)/testbin/small --walks 500 3 3 3
	$(Q)$(OUT)/testbin/small --walks 150 --words --claims 3 3 3 && $(OUT)/testbin/small --walks 150 --words --forked 3 3 3
	$(Q)$(OUT)/simulate --edits 2000
.PHONY: proof proof-short

# Programs that only tests use (tests/lib/<name>_main.c).
HELPER_SRC := $(wildcard tests/lib/*_main.c)
HELPER_BIN := $(patsubst tests/lib/%_main.c,$(OUT)/testbin/%,$(HELPER_SRC))
$(HELPER_BIN): $(OUT)/testbin/%: $(OUT)/obj/tests/lib/%_main.o $(ALL_LIBS)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(call group,$(ALL_LIBS)) $(LDLIBS)

# What the next version may say, to be run beside this one (daemon/sync/frame.h): the rooms that speak are built once more.
NEXT_ROOMS := sync registry merge store
$(OUT)/next/obj/%.o: %.c
	$(call say,CC,$< of the next version)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DTUYEN_NEXT -c -o $@ $<
define next_rules
$(OUT)/next/$(1).a: $(patsubst %.c,$(OUT)/next/obj/%.o,$(wildcard daemon/$(1)/*.c))
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach r,$(NEXT_ROOMS),$(eval $(call next_rules,$(r))))
NEXT_LIBS := $(NEXT_ROOMS:%=$(OUT)/next/%.a) $(filter-out $(NEXT_ROOMS:%=$(OUT)/lib/%.a),$(ALL_LIBS))
$(OUT)/next/tuyend: $(call objects,$(DAEMON_SRC)) $(NEXT_LIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(call group,$(NEXT_LIBS)) $(LDLIBS)
$(OUT)/next/tuyen: $(call objects,$(CLI_SRC)) $(NEXT_LIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(call group,$(NEXT_LIBS)) $(LDLIBS)

lint: ## check the house: includes, format, messages, man pages
	$(Q)for t in tests/lint/*.sh; do echo "# $$t"; sh $$t || exit 1; done
.PHONY: lint

system: all $(HELPER_BIN) $(OUT)/next/tuyend $(OUT)/next/tuyen ## run the system tests of this build (T=NN to choose)
	$(Q)export TUYEN_BUILD=$(abspath $(OUT)); rm -f .prove; \
	prove -j $(PROVE_JOBS) --state=save $(if $(V),-v) $(or $(wildcard tests/system/$(T)-*.t),$(wildcard tests/system/*.t)) || \
	{ echo '# what failed beside others, once more by itself:'; prove --state=failed -v; }
.PHONY: system

hostile: all $(HELPER_BIN) ## stations, communes, cities gone over to the enemy: each attack, and how it is refused (HOSTILE=long)
	$(Q)TUYEN_BUILD=$(abspath $(OUT)) prove -v tests/system/34-hostile.t
.PHONY: hostile

test: deps-test ## build everything and run all tests
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) lint
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) all unit
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) SAN=1 unit
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) coverage ROOM=merge LIMIT=100
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) fuzz-short
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) SAN=1 sim SEEDS=1-20
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) SAN=1 storm N=300 QUIET=1
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) SAN=1 proof-short
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) system
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) SAN=1 system
.PHONY: test

demo: deps-demo ## the main job, shown in under a minute (KEEP=1 leaves the daemons running)
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) all
	$(Q)TUYEN_BUILD=$(abspath $(OUT)) KEEP=$(KEEP) sh contrib/demo/demo.sh
.PHONY: demo

drill: deps-demo ## a burned server comes back by one command, and how long it takes
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) all
	$(Q)TUYEN_BUILD=$(abspath $(OUT)) sh contrib/demo/drill.sh
.PHONY: drill

# A storm: thousands come back to one superior at once; the protocol step and a real store, in virtual time.
journey: deps-demo ## a stick's journey: an island without a line, and what the line carries when it is back
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) all $(OUT)/testbin/line
	$(Q)TUYEN_BUILD=$(abspath $(OUT)) sh contrib/demo/journey.sh
.PHONY: journey

settle: deps-demo ## five conflicts settled on a terminal: the keys pressed and the screens seen
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) all $(OUT)/testbin/tty
	$(Q)TUYEN_BUILD=$(abspath $(OUT)) sh contrib/demo/settle.sh
.PHONY: settle

$(OUT)/testbin/storm: $(call objects,$(wildcard tests/storm/*.c)) $(ALL_LIBS)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(call group,$(ALL_LIBS)) $(LDLIBS)
storm: $(OUT)/testbin/storm ## the worst day: N=3321 come back at once, lines break, a directive must pass; its trace
	$(Q)$(OUT)/testbin/storm $(or $(N),3321) $(if $(QUIET),,--trace)
.PHONY: storm

bench: deps-bench ## measure lines, crowds and store beside git, fossil and rsync; five to ten minutes
	$(Q)$(MAKE) --no-print-directory all $(HELPER_BIN) $(OUT)/testbin/storm
	$(Q)TUYEN_BUILD=$(abspath $(OUT)) sh tests/bench/bench.sh
.PHONY: bench

coverage: ## unit-test coverage by room (ROOM=merge: by file; LIMIT=100: less is a failure)
	$(Q)mkdir -p $(BUILD)/coverage && find $(BUILD)/coverage -name '*.gcda' -delete
	$(Q)$(MAKE) --no-print-directory COVERAGE=1 unit >/dev/null
	$(Q)sh tests/lib/coverage.sh $(BUILD)/coverage $(ROOM) $(LIMIT)
.PHONY: coverage

# Packages: what dpkg does not have is installed, or named.
missing = $(shell for p in $(1); do dpkg-query -W -f='$${db:Status-Status}\n' $$p 2>/dev/null | grep -q '^installed' || echo $$p; done)
define install_packages
	$(Q)missing="$(call missing,$(1))"; [ -z "$$missing" ] && exit 0; \
	line="apt-get install -y --no-install-recommends $$missing"; \
	if [ "$$(id -u)" = 0 ]; then as=; elif sudo -n true 2>/dev/null; then as=sudo; \
	else echo "Packages are missing. Please run: sudo $$line" >&2; exit 1; fi; \
	echo "installing: $$missing"; $$as apt-get update -q >/dev/null; DEBIAN_FRONTEND=noninteractive $$as $$line >/dev/null
endef
deps: ## install the packages that building and running need
	$(call install_packages,$(PACKAGES))
deps-test:
	$(call install_packages,$(PACKAGES) $(TEST_PACKAGES))
deps-demo:
	$(call install_packages,$(PACKAGES) $(DEMO_PACKAGES))
deps-bench:
	$(call install_packages,$(PACKAGES) $(BENCH_PACKAGES))
.PHONY: deps deps-test deps-demo deps-bench

install: all ## install under DESTDIR and PREFIX
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(SBINDIR) $(DESTDIR)$(COMPLETIONDIR) $(DESTDIR)$(UNITDIR)
	install -m 755 $(OUT)/tuyen $(DESTDIR)$(BINDIR)/tuyen
	install -m 755 $(OUT)/tuyend $(DESTDIR)$(SBINDIR)/tuyend
	for m in $(MAN); do s=$${m##*.}; install -D -m 644 $$m $(DESTDIR)$(MANDIR)/man$$s/$${m##*/} || exit 1; done
	install -D -m 644 $(OUT)/locale/vi/LC_MESSAGES/tuyen.mo $(DESTDIR)$(LOCALEDIR)/vi/LC_MESSAGES/tuyen.mo
	install -m 644 contrib/completion/tuyen.bash $(DESTDIR)$(COMPLETIONDIR)/tuyen
	install -m 755 contrib/git-merge-tuyen $(DESTDIR)$(BINDIR)/git-merge-tuyen
	sed 's,@SBINDIR@,$(SBINDIR),' contrib/systemd/tuyend@.service > $(DESTDIR)$(UNITDIR)/tuyend@.service
	install -D -m 644 -t $(DESTDIR)$(DOCDIR)/plans contrib/plans/*.yaml
.PHONY: install

po: ## bring contrib/po up to date with the messages in the code
	$(Q)sh contrib/po/update.sh
.PHONY: po

format: ## reformat the code
	clang-format -i $$(git ls-files --cached --others --exclude-standard '*.c' '*.h')
.PHONY: format

clean: ## remove what was built
	rm -rf $(BUILD)
.PHONY: clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24
	@echo "  V=1 shows the commands; SAN=1 builds with sanitizers; DESTDIR and PREFIX are honoured."
.PHONY: help

-include $(shell find $(OUT)/obj $(OUT)/next/obj -name '*.d' 2>/dev/null)
