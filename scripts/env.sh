# Sourced by the other scripts: where the dependencies of a build live.
#
# Everything that setup.sh makes is kept outside the build tree, under
# GARAM_DEPS, so that a clean clone or a removed build directory does not
# build it again.

GARAM_SOURCE_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
GARAM_BUILD_DIR="${GARAM_BUILD_DIR:-$GARAM_SOURCE_DIR/build}"
GARAM_DEPS="${GARAM_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/garam}"

ONNX_VERSION=1.22.0
LLVM_MAJOR=22

# The name of an environment holds what it was made from: when a pin changes,
# a new one is made beside the old one.
requirements_hash="$(sha256sum "$GARAM_SOURCE_DIR/scripts/requirements.txt" | cut -c1-12)"
GARAM_VENV="$GARAM_DEPS/venv-$requirements_hash"
GARAM_ONNX="$GARAM_DEPS/onnx-$ONNX_VERSION"
unset requirements_hash

PATH="$GARAM_VENV/bin:$PATH"

# What is missing of the compilers that onnx and Garam are built with, a line each.
list_missing_compilers() {
  local tool
  for tool in "clang-$LLVM_MAJOR" "clang++-$LLVM_MAJOR"; do
    command -v "$tool" >/dev/null || echo "the compiler $tool, under this name"
  done
  # clang looks beside itself, then along PATH, and answers the bare name when there is none.
  command -v "$("clang++-$LLVM_MAJOR" -print-prog-name=ld.lld 2>/dev/null || echo ld.lld)" >/dev/null ||
    echo "the linker ld.lld of LLVM $LLVM_MAJOR, where clang++-$LLVM_MAJOR finds it"
}

# What ccache needs to keep files that use the precompiled header of MLIR: its
# time stamp is not part of it (cmake/AddGaram.cmake).
export CCACHE_SLOPPINESS="${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}"

# Two jobs at most: an MLIR translation unit needs up to 1 GB.
GARAM_JOBS="${GARAM_JOBS:-2}"
