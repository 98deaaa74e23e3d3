# Builds one component: NAME.wasm from SOURCES. A project's whole Makefile is
#
#     NAME = greeter
#     SOURCES = greeter.c
#     include ../soloist/sdk/c/soloist.mk
#
# It wants a compiler that makes objects for wasm32-wasi, and a linker that makes components:
#
#   CC, CXX, AR       default: `zig` if there is one, else that of PyPI's package `ziglang`
#   COMPONENT_LD      default: the `wasm-component-ld` that comes with rustup's Rust
#   LIBC              the folder of libc.a for wasm; default: that of rustup's target wasm32-wasip2
#   BUILTINS          the library of 128-bit arithmetic; default: the one of that target, or made by zig
#   WASI_SDK          the folder of a wasi-sdk, which then gives all of the above
#
# and these are yours to set:
#
#   CFLAGS, CXXFLAGS  default: -Oz -Wall -Wextra
#   STACK_BYTES       the stack; the linker's own choice would be 1 MiB for each instance
#   BUILD             where objects go, default: build
#   OUTPUT            the component, default: NAME.wasm
#   SOLOIST_BUILD     where the SDK's own objects go, default: BUILD/soloist; projects can share it

SDK := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

.DEFAULT_GOAL := all
# None of the rules that `make` brings is wanted.
.SUFFIXES:

BUILD ?= build
OUTPUT ?= $(NAME).wasm
SOLOIST_BUILD ?= $(BUILD)/soloist
STACK_BYTES ?= 131072
CFLAGS ?= -Oz -Wall -Wextra
CXXFLAGS ?= $(CFLAGS)

# `make` has a CC, CXX and AR of its own: those of this machine, not of wasm.
unset = $(filter default undefined,$(origin $(1)))

ifdef WASI_SDK
  ifneq ($(call unset,CC),)
    CC := $(WASI_SDK)/bin/clang
  endif
  ifneq ($(call unset,CXX),)
    CXX := $(WASI_SDK)/bin/clang++
  endif
  ifneq ($(call unset,AR),)
    AR := $(WASI_SDK)/bin/llvm-ar
  endif
  COMPONENT_LD ?= $(WASI_SDK)/bin/wasm-component-ld
  LINKERS ?= $(WASI_SDK)/bin
  TARGET ?= wasm32-wasip2
  # Its clang knows where they are.
  LIBC ?= $(dir $(shell $(CC) --target=$(TARGET) -print-file-name=libc.a))
  BUILTINS ?= $(shell $(CC) --target=$(TARGET) -print-libgcc-file-name)
else
  ZIG ?= $(if $(shell command -v zig 2>/dev/null),zig,python3 -m ziglang)
  ifneq ($(call unset,CC),)
    CC := $(ZIG) cc
  endif
  ifneq ($(call unset,CXX),)
    CXX := $(ZIG) c++
  endif
  ifneq ($(call unset,AR),)
    AR := $(ZIG) ar
  endif
  ifndef COMPONENT_LD
    LINKERS := $(shell rustc --print sysroot)/lib/rustlib/$(shell rustc -vV | sed -n 's/^host: //p')/bin
    COMPONENT_LD := $(LINKERS)/wasm-component-ld
  endif
  ifndef LIBC
    RUSTLIB := $(shell rustc --print sysroot)/lib/rustlib/wasm32-wasip2/lib
    LIBC := $(RUSTLIB)/self-contained
    BUILTINS ?= $(firstword $(wildcard $(RUSTLIB)/libcompiler_builtins-*.rlib))
  endif
  TARGET ?= wasm32-wasi
endif
ifeq ($(BUILTINS),)
  BUILTINS := $(SOLOIST_BUILD)/libcompiler_rt.a
endif
# Where the linker of components looks for the linker of modules, besides PATH.
LINKERS ?= $(dir $(COMPONENT_LD))

TARGET_FLAGS := --target=$(TARGET) -ffunction-sections -fdata-sections -MMD -MP
# yyjson is told to be small.
YYJSON_FLAGS := -Dyyjson_inline=inline -DYYJSON_DISABLE_NON_STANDARD=1 \
    -DYYJSON_DISABLE_UTILS=1 -DYYJSON_DISABLE_INCR_READER=1
C_FLAGS := -std=gnu11 $(TARGET_FLAGS) -I$(SDK)

OBJECTS := $(patsubst %,$(BUILD)/%.o,$(SOURCES))
SDK_OBJECTS := $(patsubst $(SDK)/src/%.c,$(SOLOIST_BUILD)/%.o,$(sort $(wildcard $(SDK)/src/*.c))) \
    $(SOLOIST_BUILD)/orchestrator_module.o $(SOLOIST_BUILD)/activity_module.o $(SOLOIST_BUILD)/yyjson.o
# What the two worlds look like to the host: taken from the library only with the functions that belong to it.
WORLDS := $(SDK)/bindings/orchestrator_module_component_type.o $(SDK)/bindings/activity_module_component_type.o
LIBRARY := $(SOLOIST_BUILD)/libsoloist.a

# Whoever changes flags or the compiler's version wants all objects anew.
COMMON := $(SDK)/soloist.h $(SDK)/soloist.mk $(SDK)/requirements.txt

.PHONY: all clean
all: $(OUTPUT)

$(OUTPUT): $(OBJECTS) $(LIBRARY) $(BUILTINS)
	@mkdir -p $(dir $@)
	@command -v $(COMPONENT_LD) > /dev/null || \
	    { echo "there is no linker for components; install Rust with rustup, or set COMPONENT_LD" >&2; exit 1; }
	@test -f $(LIBC)/libc.a || \
	    { echo "there is no C library for wasm; run: rustup target add wasm32-wasip2, or set LIBC" >&2; exit 1; }
	PATH="$(LINKERS):$$PATH" $(COMPONENT_LD) $(LIBC)/crt1-reactor.o $(OBJECTS) $(LIBRARY) -L$(LIBC) -lc $(BUILTINS) \
	    --no-entry --gc-sections -s -z stack-size=$(STACK_BYTES) --wasi-adapter reactor $(LDFLAGS) -o $@

$(LIBRARY): $(SDK_OBJECTS) $(WORLDS)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.c.o: %.c $(COMMON)
	@mkdir -p $(dir $@)
	$(CC) $(C_FLAGS) $(CFLAGS) -c $< -o $@

$(BUILD)/%.cpp.o: %.cpp $(COMMON)
	@mkdir -p $(dir $@)
	$(CXX) -std=gnu++17 -fno-exceptions -fno-rtti $(TARGET_FLAGS) -I$(SDK) $(CXXFLAGS) -c $< -o $@

$(SOLOIST_BUILD)/%.o: $(SDK)/src/%.c $(wildcard $(SDK)/src/*.h) $(COMMON)
	@mkdir -p $(dir $@)
	$(CC) $(C_FLAGS) -Oz -Wall -Wextra -c $< -o $@

$(SOLOIST_BUILD)/%.o: $(SDK)/bindings/%.c $(SDK)/bindings/%.h $(COMMON)
	@mkdir -p $(dir $@)
	$(CC) $(C_FLAGS) -Oz -c $< -o $@

$(SOLOIST_BUILD)/yyjson.o: $(SDK)/vendor/yyjson/yyjson.c $(SDK)/vendor/yyjson/yyjson.h $(COMMON)
	@mkdir -p $(dir $@)
	$(CC) $(C_FLAGS) -Oz $(YYJSON_FLAGS) -c $< -o $@

$(SOLOIST_BUILD)/libcompiler_rt.a:
	@mkdir -p $(dir $@)
	$(ZIG) build-lib "$$($(ZIG) env | sed -n 's/.*lib_dir = "\(.*\)".*/\1/p')/compiler_rt.zig" \
	    -target wasm32-freestanding -O ReleaseSmall -femit-bin=$@

# The headers that each object was made of.
-include $(OBJECTS:.o=.d)

clean:
	rm -rf $(BUILD) $(OUTPUT)
