# GNU make. `make V=1` shows the commands; B=DIR builds elsewhere; CC=clang works.
VERSION := $(shell cat VERSION)
B       ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif
OPT     ?= -O2 -g
SAN     ?=
Q       := $(if $(V),,@)
say     = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)';)

PKGS    := libpcap libzstd sqlite3 libcjson libsodium libcrypto liblz4 liblzma zlib
ifneq ($(filter-out deps clean install-man,$(or $(MAKECMDGOALS),all)),)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
endif

WARN    := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wvla -Wformat=2 $(WERROR)
HARDEN  := -fstack-protector-strong -fPIE $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
# Floats are floats: the gcc of s390x computes them as doubles otherwise, and a forest has other digests there. clang never does.
FLOATS := $(shell $(CC) -Werror -fexcess-precision=fast -x c -c -o /dev/null - </dev/null 2>/dev/null && echo -fexcess-precision=fast)
CFLAGS_ALL = -std=c11 -D_GNU_SOURCE -ffp-contract=off $(FLOATS) $(OPT) $(WARN) $(HARDEN) $(SAN) -pthread -I. \
             -DFB_VERSION='"$(VERSION)"' -include base/banned.h $(PKG_CFLAGS) $(CFLAGS)
# A low -O cannot be fortified; glibc says so with a warning.
CFLAGS_ALL := $(if $(findstring -O0,$(OPT)),$(filter-out -D_FORTIFY_SOURCE=2,$(CFLAGS_ALL)),$(CFLAGS_ALL))
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now -pthread $(SAN) $(LDFLAGS)

ROOMS   := base ingest replay replay/service intel intel/wire intel/lists intel/packs intel/devices intel/resolve model model/detect store report
EXT_SRC := store/fbcase_ext.c
LIB_SRC := $(filter-out $(EXT_SRC),$(foreach r,$(ROOMS),$(sort $(wildcard $(r)/*.c))))
# What fbcase.so is made of: reading a case, without packets, files and the command line.
PIC_SRC := $(sort $(wildcard base/*.c)) $(filter-out store/query.c,$(sort $(wildcard store/*.c))) \
           $(wildcard replay/session_*.c replay/icmp_pairs.c intel/*_def.c intel/*/*_def.c model/*_def.c model/feature*.c)
CLI_SRC := $(sort $(wildcard cli/*.c cli/verbs/*.c))
FIX_SRC := $(sort $(wildcard fixtures/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
HELP_SRC := $(sort $(wildcard tests/support/*.c))
BENCH_SRC := $(sort $(wildcard tests/bench/bench_*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))

obj     = $(patsubst %.c,$(B)/%.o,$(1))
LIB     := $(B)/libfbforensics.a
BIN     := $(B)/fbforensics
FIX     := $(B)/fbfixture
EXT     := $(B)/fbcase.so
UNITS   := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_SRC))
BENCHES := $(patsubst tests/bench/%.c,$(B)/bench/%,$(BENCH_SRC))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))

.PHONY: all deps demo check asan bench auc fuzz lint golden intel install clean tests include-check
.SECONDARY:
all: $(BIN) $(FIX) $(EXT)

$(B)/%.o: %.c | $(B)/.checked
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# They hold a file each; the compiler does not tell of that dependency.
$(B)/intel/packs/builtin.o: intel/data/risks.json
$(B)/intel/devices/device_rules.o: intel/data/device.rules

$(LIB): $(call obj,$(LIB_SRC))
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(BIN): $(call obj,$(CLI_SRC)) $(LIB)
	$(call say,LD,$@)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

$(FIX): $(call obj,$(FIX_SRC)) $(LIB)
	$(call say,LD,$@)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

# A set of objects of its own: position-independent, and calling SQLite through the table of the program that loads it.
$(B)/pic/%.o: %.c | $(B)/.checked
	$(Q)mkdir -p $(@D)
	$(call say,CC-PIC,$<)$(CC) $(filter-out -fPIE,$(CFLAGS_ALL)) -fPIC -fvisibility=hidden -DFB_SQLITE_EXTENSION -MMD -MP -c -o $@ $<

$(B)/pic/libfbcase.a: $(patsubst %.c,$(B)/pic/%.o,$(filter-out $(EXT_SRC),$(PIC_SRC)))
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(EXT): $(B)/pic/store/fbcase_ext.o $(B)/pic/libfbcase.a
	$(call say,LD,$@)$(CC) $(filter-out -pie,$(LDFLAGS_ALL)) -shared -Wl,-Bsymbolic $(if $(SAN),,-Wl,-z,defs) -o $@ $^ $(filter -lzstd -lsodium -lcrypto -L%,$(PKG_LIBS))

$(B)/tests/%: $(B)/tests/unit/%.o $(call obj,$(HELP_SRC)) $(LIB)
	$(Q)mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lcmocka

$(B)/bench/%: $(B)/tests/bench/%.o $(call obj,$(HELP_SRC)) $(LIB)
	$(Q)mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lcmocka

# Verifies a case file; tests/cross.sh runs it on cases from other machines.
$(B)/case_check: $(B)/tests/cross/case_check.o $(LIB)
	$(call say,LD,$@)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

# Writes a layer that is not what replay makes; tests/stories/replay.t uses it.
$(B)/case_forge: $(B)/tests/forge/case_forge.o $(LIB)
	$(call say,LD,$@)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

# What the observer finds in captures, as JSON lines; the scripts of tests/conformance compare it with other tools.
$(B)/observe_dump: $(B)/tests/conformance/observe_dump.o $(LIB)
	$(call say,LD,$@)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

$(B)/fuzz/%: tests/fuzz/%.c $(LIB)
	$(Q)mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS_ALL) -MMD -MP $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $< $(LIB) $(PKG_LIBS)

# What this build has, once per build directory; stops with one sentence when a library is missing.
$(B)/.checked: Makefile
	$(Q)mkdir -p $(B)
	$(Q)for p in $(PKGS); do pkg-config --exists $$p || { echo "missing library: $$p (run: make deps)" >&2; exit 1; }; done
	$(Q)touch $@

tests: $(UNITS) $(B)/case_forge all

deps:
	$(Q)tools/deps.sh

demo: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)B=$(B) tools/demo.sh

check: deps
	$(Q)$(MAKE) --no-print-directory include-check tests
	$(Q)B=$(B) tests/run.sh

# The whole test suite under AddressSanitizer and UndefinedBehaviorSanitizer.
asan:
	$(Q)$(MAKE) --no-print-directory B=$(B)/asan OPT="-O1 -g" SAN="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" tests
	$(Q)B=$(B)/asan tests/run.sh

include-check:
	$(Q)tools/include_check.sh

bench: all benches
	$(Q)B=$(B) tests/bench/bench.sh

# DATA: a directory of CSV files, label last.
auc: $(B)/bench/bench_auc
	$(Q)$(B)/bench/bench_auc $(or $(DATA),$(error make auc DATA=DIR))

fuzz:
	$(Q)$(MAKE) --no-print-directory B=$(B)/fuzz CC=clang OPT="-O1 -g" SAN="-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all" fuzzers
	$(Q)B=$(B)/fuzz tests/fuzz/run.sh

.PHONY: fuzzers benches
benches: $(BENCHES)
fuzzers: $(FUZZERS)

lint: include-check
	$(Q)tools/lint.sh

# The only target that uses the network: the free data sets of packages into one pack, which `make install` then installs.
intel: $(BIN)
	$(Q)tools/intel.sh $(B)/intel.fbpack $(BIN)

golden: all
	$(Q)B=$(B) GOLDEN=1 tests/run.sh

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/fbforensics $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/doc/fbforensics
	install -m 0755 $(BIN) $(DESTDIR)$(PREFIX)/bin/fbforensics
	install -m 0644 $(EXT) $(DESTDIR)$(PREFIX)/lib/fbforensics/fbcase.so
	install -m 0644 $(wildcard docs/man/*.1) $(DESTDIR)$(PREFIX)/share/man/man1/
	$(Q)[ ! -f $(B)/intel.fbpack ] || install -D -m 0644 $(B)/intel.fbpack $(DESTDIR)$(PREFIX)/share/fbforensics/intel.fbpack
	install -m 0644 README.md CHANGELOG.md LICENSE $(wildcard docs/*.md) $(DESTDIR)$(PREFIX)/share/doc/fbforensics/

clean:
	rm -rf $(B) demo

-include $(shell find $(B) -type f -name '*.d' 2>/dev/null)
