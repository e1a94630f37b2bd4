#!/bin/sh
# Formatting and static analysis. Slow: every file is analysed by clang-tidy.
set -eu
cd "$(dirname "$0")/.."
files=$(git ls-files '*.c' '*.h')
# shellcheck disable=SC2086  # a list of files
clang-format --dry-run -Werror $files
flags=$(pkg-config --cflags libpcap libzstd sqlite3 libcjson libsodium libcrypto liblz4 liblzma zlib)
# shellcheck disable=SC2086
git ls-files 'base/*.c' 'ingest/*.c' 'replay/*.c' 'intel/*.c' 'model/*.c' 'store/*.c' 'cli/*.c' |
    xargs -n 8 -P 2 clang-tidy --quiet -- -std=c11 -D_GNU_SOURCE -I. -include base/banned.h -DFB_VERSION='"lint"' $flags
