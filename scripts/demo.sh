#!/usr/bin/env bash
# Sets everything up and shows the main job: compiles the digit classifier of
# examples/digits, in float and in int8, for three chips, runs real images on the
# simulated chips, and compares the answers with onnxruntime's.
set -euo pipefail
scripts="$(dirname "${BASH_SOURCE[0]}")"
bash "$scripts/setup.sh"
source "$scripts/env.sh"
bash "$scripts/build.sh"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
garam="$GARAM_BUILD_DIR/bin/garam"
digits="$GARAM_SOURCE_DIR/examples/digits"

show() { printf '\033[1m$ %s\033[0m\n' "$*"; "$@"; }

# Images to run: all of them on one chip, a few on the others.
demo() {
  local model="$1" target="$2" images="$3"
  printf '\n'
  show "$garam" compile "$digits/$model.onnx" --target "$target" --dim N=1 -o "$work/$model.garam"
  python3 "$digits/evaluate.py" "$work/$model.garam" --model "$digits/$model.onnx" \
    --images "$images" --garam "$garam"
}

show "$garam" targets
demo digits rngd 360
demo digits atom 60
demo digits_int8 rngd 60
demo digits_int8 atom 60
demo digits_int8 warboy 60
