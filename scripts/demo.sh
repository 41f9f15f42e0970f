#!/usr/bin/env bash
# Sets everything up and shows the main job: compiles the digit classifier of
# examples/digits, in float and in int8, for three chips, runs all its test images
# on the simulated chips, and compares the answers with onnxruntime's. Then for a
# system of four devices, from one file, with layers on each.
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

evaluate() {
  local model="$1"
  python3 "$digits/evaluate.py" "$work/$model.garam" --model "$digits/$model.onnx" \
    --garam "$garam" "${@:2}"
}

demo() {
  local model="$1" target="$2"
  printf '\n'
  show "$garam" compile "$digits/$model.onnx" --target "$target" --dim N=1 -o "$work/$model.garam"
  evaluate "$model"
}

show "$garam" targets
demo digits rngd
demo digits atom
demo digits_int8 rngd
demo digits_int8 atom
demo digits_int8 warboy

# One binary for a system: a placement by hand with layers on four kinds of
# device, beside the default one and single devices that can run it alone.
system=kcloud-stage3
printf '\n'
show "$garam" targets "$system"
python3 "$digits/calibrate.py" "$work/samples.npz"
show "$garam" compile "$digits/digits.onnx" --target "$system" --dim N=1 \
  --placement "$digits/placement.json" --calibrate "$work/samples.npz" -o "$work/digits.garam"
printf '\nplacement by hand, without noise:\n'
evaluate digits --noise ideal
printf '\nplacement by hand, with the programming noise of its crossbars, each seed another chip:\n'
evaluate digits --noise model --seeds 5
for target in "$system" host atom; do
  printf '\nplacement by default on %s:\n' "$target"
  show "$garam" compile "$digits/digits.onnx" --target "$target" --dim N=1 \
    --calibrate "$work/samples.npz" -o "$work/digits.garam" --quiet
  evaluate digits
done
printf '\nThe latency on a system is from the memory of the host to the memory of the host, that of a single\n'
printf 'device from its own memory to its own memory; its link to the host is apart. By default every layer of so small\n'
printf 'a network is on the host: over the links alone an image takes longer than what another device saves.\n'
