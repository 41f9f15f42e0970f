#!/usr/bin/env bash
# Sets everything up, builds, and runs every test: unit tests, lit, pytest. The
# last line of the output is "N passed, N failed", with ", N skipped" when there
# are such. A part that fails does not keep the others from running.
set -uo pipefail
scripts="$(dirname "${BASH_SOURCE[0]}")"

setup_failed() {
  printf 'test.sh: scripts/setup.sh failed, nothing can run\n' >&2
  printf '0 passed, 1 failed\n'
  exit 1
}
bash "$scripts/setup.sh" || setup_failed
source "$scripts/env.sh"

# Keep going after an error: what does compile is tested even so.
build_status=0
bash "$scripts/build.sh" ||
  cmake --build "$GARAM_BUILD_DIR" -j "$GARAM_JOBS" -- -k 0 ||
  build_status=$?

exec "$GARAM_VENV/bin/python3" "$scripts/run_tests.py" \
  --build-dir "$GARAM_BUILD_DIR" --jobs "$GARAM_JOBS" --build-status "$build_status"
