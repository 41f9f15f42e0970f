#!/usr/bin/env bash
# Configures (once) and builds everything into build/, tools in build/bin.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

if [ ! -e "$GARAM_BUILD_DIR/build.ninja" ]; then
  missing="$(list_missing_compilers)"
  if [ -n "$missing" ]; then
    printf 'build.sh: these are missing; scripts/setup.sh says more:\n%s\n' "$missing" >&2
    exit 1
  fi
  cmake -G Ninja -S "$GARAM_SOURCE_DIR" -B "$GARAM_BUILD_DIR" \
    -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_COMPILER="clang-$LLVM_MAJOR" -DCMAKE_CXX_COMPILER="clang++-$LLVM_MAJOR" \
    -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DLLVM_USE_LINKER=lld \
    -DMLIR_DIR="${MLIR_DIR:-/usr/lib/llvm-$LLVM_MAJOR/lib/cmake/mlir}" \
    -DONNX_DIR="$GARAM_ONNX/lib/cmake/ONNX" \
    -DPython3_EXECUTABLE="$GARAM_VENV/bin/python3"
fi
cmake --build "$GARAM_BUILD_DIR" -j "$GARAM_JOBS" ${@:+--target "$@"}
