#!/usr/bin/env bash
# Installs what Garam is built from and tested with. Safe to run again: each
# step is skipped when its result is already there.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

debian_packages=(
  "libmlir-$LLVM_MAJOR-dev" "mlir-$LLVM_MAJOR-tools" "llvm-$LLVM_MAJOR-dev"
  "clang-$LLVM_MAJOR" "lld-$LLVM_MAJOR" "clang-format-$LLVM_MAJOR"
  libprotobuf-dev protobuf-compiler
  libcli11-dev libfmt-dev libgtest-dev libzip-dev
  ccache git python3-venv python3-dev
)

say() { printf '\033[1m-- %s\033[0m\n' "$*"; }
fail() { printf 'setup.sh: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "need root to run: $* (install sudo, or run this as root)"
  fi
}

install_debian_packages() {
  local missing=()
  for package in "${debian_packages[@]}"; do
    [ "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null)" = "install ok installed" ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  say "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Not Debian 12: nothing is installed, what is needed is named.
check_other_system() {
  local missing=()
  [ -d "/usr/lib/llvm-$LLVM_MAJOR/lib/cmake/mlir" ] || [ -n "${MLIR_DIR:-}" ] ||
    missing+=("LLVM and MLIR $LLVM_MAJOR with their CMake files (or MLIR_DIR set to MLIR's)")
  mapfile -t -O "${#missing[@]}" missing < <(list_missing_compilers)
  command -v protoc >/dev/null || missing+=("protobuf: library, headers and protoc")
  command -v ccache >/dev/null || missing+=("ccache")
  [ -e /usr/include/CLI/CLI.hpp ] || missing+=("CLI11 2.1 or later")
  [ -e /usr/include/fmt/core.h ] || missing+=("fmt 9 or later")
  [ -e /usr/include/zip.h ] || missing+=("libzip")
  [ -e /usr/include/gtest/gtest.h ] || missing+=("GoogleTest")
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    missing+=("Python 3.11 or later")
  if [ ${#missing[@]} != 0 ]; then
    printf 'setup.sh installs packages on Debian 12 only. Here these are missing:\n' >&2
    printf '  - %s\n' "${missing[@]}" >&2
    exit 1
  fi
}

make_python_environment() {
  [ -e "$GARAM_VENV/.complete" ] && return
  say "making the Python environment $GARAM_VENV"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "need Python 3.11 or later"
  rm -rf "$GARAM_VENV"
  mkdir -p "$GARAM_DEPS"
  python3 -m venv "$GARAM_VENV"
  "$GARAM_VENV/bin/pip" install --quiet -r "$GARAM_SOURCE_DIR/scripts/requirements.txt"
  touch "$GARAM_VENV/.complete"
}

# The onnx C++ library (checker, shape inference, version converter) comes from
# the source package of the Python release: no C++ package of it is current.
build_onnx() {
  [ -e "$GARAM_ONNX/.complete" ] && return
  say "building onnx $ONNX_VERSION's C++ library into $GARAM_ONNX"
  local work
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' RETURN
  "$GARAM_VENV/bin/pip" download --quiet --no-deps --no-binary onnx --dest "$work" "onnx==$ONNX_VERSION"
  tar -xzf "$work/onnx-$ONNX_VERSION.tar.gz" -C "$work"
  rm -rf "$GARAM_ONNX"
  cmake -G Ninja -S "$work/onnx-$ONNX_VERSION" -B "$work/build" \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$GARAM_ONNX" \
    -DCMAKE_C_COMPILER="clang-$LLVM_MAJOR" -DCMAKE_CXX_COMPILER="clang++-$LLVM_MAJOR" \
    -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DONNX_USE_PROTOBUF_SHARED_LIBS=ON >"$work/log" 2>&1 &&
    cmake --build "$work/build" --target install -j "$GARAM_JOBS" >>"$work/log" 2>&1 ||
    { tail -n 40 "$work/log" >&2; fail "could not build onnx $ONNX_VERSION"; }
  touch "$GARAM_ONNX/.complete"
}

if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
  install_debian_packages
else
  check_other_system
fi
make_python_environment
build_onnx
say "ready: configure with scripts/build.sh"
