#!/usr/bin/env bash
# Sets everything up and shows the main job: compiles the digit classifier of
# examples/digits, in float and in int8, for three chips, runs real images on the
# simulated chips, and compares the answers with onnxruntime's. Then for a system
# of four devices, from one file, with layers on each.
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

# One binary for a system: a placement by hand with layers on four kinds of
# device, beside the default one and single devices that can run it alone.
system=kcloud-stage3
evaluate() {
  python3 "$digits/evaluate.py" "$work/digits.garam" --model "$digits/digits.onnx" \
    --garam "$garam" "$@"
}
printf '\n'
show "$garam" targets "$system"
python3 "$digits/calibrate.py" "$work/samples.npz"
show "$garam" compile "$digits/digits.onnx" --target "$system" --dim N=1 \
  --placement "$digits/placement.json" --calibrate "$work/samples.npz" -o "$work/digits.garam"
printf '\nplacement by hand, without noise:\n'
evaluate --images 60 --noise ideal
printf 'placement by hand, with the programming noise of its crossbars:\n'
evaluate --images 60 --noise model
for target in "$system" host atom; do
  printf '\nplacement by default on %s:\n' "$target"
  show "$garam" compile "$digits/digits.onnx" --target "$target" --dim N=1 \
    --calibrate "$work/samples.npz" -o "$work/digits.garam" --quiet
  evaluate --images 60
done
